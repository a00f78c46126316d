/** The client: every endpoint of the API (generated), and the four things one does most. */
import { Attachments } from './attachment-bytes.ts'
import { Api } from './generated/resources.ts'
import type { InboxWaitInput, InboxWaitResult, Message, MessageCreateInput, MessageReplyInput } from './generated/schemas.ts'
import { Http, type RequestOptions } from './http.ts'
import { Answered, type ReceivedMessage, type WaitFor, waitFor, waitOnce } from './waiting.ts'
import { Webhooks } from './webhooks.ts'

export interface PennypostOptions {
  /** Default PENNYPOST_API_KEY. Without one only register() works. */
  apiKey?: string | undefined
  /** Inbox that is meant when a call names none. Default PENNYPOST_INBOX_ID; '' for none. */
  inboxId?: string | undefined
  /** Where the server is. Default PENNYPOST_BASE_URL, or http://localhost:3000. */
  baseUrl?: string | undefined
  /** Tries after the first one, default 3. */
  maxRetries?: number
  /** Milliseconds one try may take, default 60,000. */
  timeout?: number
  /** Another fetch. */
  fetch?: typeof globalThis.fetch
  /** What waits have answered, where several clients are to be one. */
  answered?: Answered
}

type Attached<T extends { attachments?: { content: string }[] }> = Omit<T, 'attachments'> & {
  /** `content` is base64, or the bytes. */
  attachments?: (Omit<NonNullable<T['attachments']>[number], 'content'> & { content: string | Uint8Array })[]
}
export type NewMessage = Attached<MessageCreateInput>
export type NewReply = Attached<MessageReplyInput>

/** PENNYPOST_*; MAILBOXKIT_*, so that a program written for that product needs another import and nothing else. */
const fromEnvironment = (name: string): string | undefined => {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  return process?.env?.[`PENNYPOST_${name}`] || process?.env?.[`MAILBOXKIT_${name}`] || undefined
}

/** Ids of MailboxKit are ours without their prefix. */
const withPrefix = (prefix: string, id: string): string => (/^[0-9A-HJKMNP-TV-Z]{26}$/.test(id) ? `${prefix}_${id}` : id)

export class Pennypost extends Api {
  override readonly attachments = new Attachments(this.http)
  override readonly webhooks = new Webhooks(this.http)
  /** Inbox that is meant when a call names none. */
  readonly inboxId: string | undefined
  readonly #answered: Answered

  constructor(options: PennypostOptions = {}) {
    super(
      new Http({
        apiKey: options.apiKey ?? fromEnvironment('API_KEY'),
        baseUrl: (options.baseUrl ?? fromEnvironment('BASE_URL') ?? 'http://localhost:3000').replace(/\/+$/, ''),
        maxRetries: options.maxRetries ?? 3,
        timeout: options.timeout ?? 60_000,
        fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
      }),
    )
    const inboxId = options.inboxId ?? fromEnvironment('INBOX_ID')
    this.#answered = options.answered ?? new Answered()
    this.inboxId = inboxId ? withPrefix('inb', inboxId) : undefined
  }

  /** Sends a mail from an inbox (its id or its address). Resolves once the server has accepted it for good. */
  send(inboxId: string, message: NewMessage, options?: RequestOptions): Promise<Message>
  send(message: NewMessage, options?: RequestOptions): Promise<Message>
  send(...given: unknown[]): Promise<Message> {
    const [inboxId, message, options] = this.#withInbox(given, 1)
    return this.inboxes.messages.create(inboxId, message as MessageCreateInput, options as RequestOptions)
  }

  /** Answers a message, in its thread. */
  reply(inboxId: string, messageId: string, message: NewReply, options?: RequestOptions): Promise<Message>
  reply(messageId: string, message: NewReply, options?: RequestOptions): Promise<Message>
  reply(...given: unknown[]): Promise<Message> {
    const [inboxId, messageId, message, options] = this.#withInbox(given, 2)
    const id = withPrefix('msg', messageId as string)
    return this.inboxes.messages.reply(inboxId, id, message as MessageReplyInput, options as RequestOptions)
  }

  /** Resolves with the oldest mail that fits and was not answered before. Throws a PennypostError with code `timeout` when none comes in time. */
  waitFor(inboxId: string, wanted?: WaitFor): Promise<ReceivedMessage>
  waitFor(wanted?: WaitFor): Promise<ReceivedMessage>
  waitFor(...given: unknown[]): Promise<ReceivedMessage> {
    const [inboxId, wanted] = this.#withInbox(given, 1)
    return waitFor(this.http, inboxId, (wanted ?? {}) as WaitFor, this.#answered)
  }

  /** As `inboxes.wait`: one request, and no error when nothing comes. But a mail this client was answered with is passed over. */
  waitOnce(inboxId: string, wanted: InboxWaitInput = {}, options: RequestOptions = {}): Promise<InboxWaitResult> {
    return waitOnce(this.http, withPrefix('inb', inboxId), wanted, this.#answered, options)
  }

  /** The arguments with the inbox in front: it was left out when fewer than `ids` texts stand there. */
  #withInbox(given: unknown[], ids: number): [inboxId: string, ...rest: unknown[]] {
    const texts = given.findIndex(value => typeof value !== 'string')
    const named = (texts === -1 ? given.length : texts) >= ids
    const inboxId = named ? (given[0] as string) : this.inboxId
    if (!inboxId) throw new TypeError('Say which inbox: as the first argument, or once and for all in PENNYPOST_INBOX_ID.')
    return [withPrefix('inb', inboxId), ...(named ? given.slice(1) : given)]
  }
}
