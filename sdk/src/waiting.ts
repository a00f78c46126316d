/**
 * Waiting for a mail. The server holds each request open until mail is there, so nothing is polled. It answers the oldest mail that
 * fits; what was answered once is passed over, so that of mails that come together each is answered in turn and none twice.
 */
import { PennypostError } from './error.ts'
import type { InboxWaitInput, InboxWaitResult, Message } from './generated/schemas.ts'
import type { Http, RequestOptions } from './http.ts'
import { path } from './resource.ts'

export interface WaitFor {
  /** Part of the sender's address, or a pattern for it. */
  from?: string | RegExp
  /** Part of the subject, or a pattern for it. */
  subject?: string | RegExp
  /** Only in this thread. */
  threadId?: string
  /** Only mail that was filed after this one: the id of a mail that was received or sent. */
  after?: string
  /**
   * Only mail that came from then on, answered before or not. Default, without `after` too: a minute before the call, because the
   * cause of a mail often precedes the wait, and only what this client was not answered with before.
   */
  since?: Date | string
  /** Milliseconds, default 60,000. */
  timeout?: number
  signal?: AbortSignal
}

/** A mail that was waited for, and the one-time codes and links in it, likeliest first. */
export type ReceivedMessage = Message & Pick<InboxWaitResult, 'codes' | 'links'>

/** The mails a client was answered with. */
export class Answered {
  readonly #ids = new Set<string>()

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  /** The oldest are forgotten: a wait without `after` looks back a minute only. */
  add(id: string): void {
    this.#ids.add(id)
    if (this.#ids.size > 1000) for (const oldest of this.#ids) return void this.#ids.delete(oldest)
  }
}

/** As long as the server holds a request open. */
const longestSeconds = 55
const usualSeconds = 30
/** Beyond that an answer is lost, not late. */
const graceMs = 15_000

interface Waiting {
  http: Http
  inboxId: string
  input: Omit<InboxWaitInput, 'timeout'>
  deadline: number
  answered: Answered
  options: RequestOptions
  matches?: (message: Message) => boolean
}

/** The oldest mail that fits and was not answered before; null when there is none until the deadline, or until the server gives up. */
const next = async (waiting: Waiting, untilDeadline: boolean): Promise<InboxWaitResult> => {
  const { http, inboxId, input, deadline, answered, options, matches = () => true } = waiting
  const chosen = input.after !== undefined || input.since !== undefined
  let { after } = input
  for (;;) {
    const seconds = Math.max(0, Math.min(longestSeconds, Math.ceil((deadline - Date.now()) / 1000)))
    const result = await http.call<InboxWaitResult>(
      'POST',
      path`/v1/inboxes/${inboxId}/wait`,
      { ...input, ...(after === undefined ? {} : { after }), timeout: seconds },
      { ...options, timeout: seconds * 1000 + graceMs },
    )
    const { message } = result
    if (!message) {
      if (!untilDeadline || Date.now() >= deadline) return result
    } else if ((chosen || !answered.has(message.id)) && matches(message)) {
      answered.add(message.id)
      return result
    } else after = message.id
  }
}

/** Asks once, for as long as the server holds it open (`timeout` in seconds, default 30). */
export const waitOnce = (
  http: Http,
  inboxId: string,
  { timeout = usualSeconds, ...input }: InboxWaitInput,
  answered: Answered,
  options: RequestOptions = {},
): Promise<InboxWaitResult> => {
  // The server says what is wrong with what is no number.
  if (!(timeout >= 0 && timeout <= longestSeconds))
    return http.call('POST', path`/v1/inboxes/${inboxId}/wait`, { ...input, timeout }, options)
  return next({ http, inboxId, input, deadline: Date.now() + timeout * 1000, answered, options }, false)
}

/** Resolves with the mail. Throws a PennypostError with code `timeout` when none came, or the reason of `signal`. */
export const waitFor = async (http: Http, inboxId: string, wanted: WaitFor, answered: Answered): Promise<ReceivedMessage> => {
  const { from, subject, threadId, after, since, signal, timeout = 60_000 } = wanted
  const input = {
    // The server looks for words; patterns are tried here.
    ...(typeof from === 'string' ? { from } : {}),
    ...(typeof subject === 'string' ? { subject } : {}),
    ...(threadId ? { thread_id: threadId } : {}),
    ...(after === undefined ? {} : { after }),
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
  }
  const { message, codes, links } = await next(
    {
      http,
      inboxId,
      input,
      deadline: Date.now() + timeout,
      answered,
      options: signal ? { signal } : {},
      matches: each => fits(each.from_email, from) && fits(each.subject, subject),
    },
    true,
  )
  if (!message) throw new PennypostError('timeout', `No such mail came within ${timeout} ms.`, { details: { retryable: true } })
  return { ...message, codes, links }
}

const fits = (text: string, wanted: string | RegExp | undefined): boolean => {
  if (wanted === undefined) return true
  // search() and not test(): it does not remember where a pattern with /g was.
  if (wanted instanceof RegExp) return text.search(wanted) !== -1
  return text.toLowerCase().includes(wanted.toLowerCase())
}
