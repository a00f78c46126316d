/** What each tool does: one or two calls of the SDK. The server checks what a model gives; its refusals say what to mend. */
import type {
  InboxCreateInput,
  InboxListInput,
  InboxWaitInput,
  Message,
  MessageCreateInput,
  MessageListInput,
  MessageReplyInput,
  MessageSearchInput,
  Pennypost,
} from 'pennypost'
import type { ToolName } from './catalogue.ts'
import { attachmentText, type Content, facts, isText, messageList, sentMessage, text, untrusted, wholeMessage } from './show.ts'

type Input = Record<string, unknown>
interface Call {
  client: Pennypost
  input: Input
  options: { signal: AbortSignal }
}

/** The inbox that is meant, and the rest of the input: the one named, that of the settings, or the only one. */
const withInbox = async ({ client, input: { inbox_id, ...rest }, options }: Call): Promise<[inbox: string, rest: Input]> => {
  const named = (inbox_id as string | undefined) ?? client.inboxId
  if (named !== undefined) return [named, rest]
  const { data, has_more } = await client.inboxes.list({ limit: 10 }, options)
  if (data.length === 1) return [data[0]!.id, rest]
  const shown = data.map(({ id, email }) => `${id} (${email})`).join(', ')
  throw new Error(
    data.length === 0
      ? 'There is no inbox yet: create_inbox makes one.'
      : `Say which inbox_id: ${shown}${has_more ? ', …' : ''}.`,
  )
}

const attachments = ({ client, options }: Call, message: Message): Promise<Content[]> =>
  Promise.all(
    message.attachments.filter(isText).map(async one => attachmentText(one, await client.attachments.download(one, options))),
  )

export const runs: Record<ToolName, (call: Call) => Promise<Content[]>> = {
  send_email: async call => {
    const [inbox, input] = await withInbox(call)
    return sentMessage(await call.client.inboxes.messages.create(inbox, input as unknown as MessageCreateInput, call.options))
  },

  check_inbox: async call => {
    const [inbox, input] = await withInbox(call)
    return messageList(await call.client.inboxes.messages.list(inbox, input as MessageListInput, call.options))
  },

  read_message: async call => {
    const { message_id, full = false, offset = 0, ...rest } = call.input
    const unknown = Object.keys(rest)[0]
    if (unknown) throw new Error(`${unknown} is not a field of this tool.`)
    if (!Number.isSafeInteger(offset) || (offset as number) < 0) throw new Error('offset is a number of characters, 0 or more.')
    const message = await call.client.messages.get(message_id as string, call.options)
    const shown = wholeMessage(message, { full: full === true, offset: offset as number })
    return offset === 0 ? [...shown, ...(await attachments(call, message))] : shown
  },

  reply_to_email: async ({ client, input: { inbox_id, message_id, ...input }, options }) => {
    const id = message_id as string
    const inbox = (inbox_id as string | undefined) ?? (await client.messages.get(id, options)).inbox_id
    return sentMessage(await client.inboxes.messages.reply(inbox, id, input as MessageReplyInput, options))
  },

  wait_for_email: async call => {
    const [inbox, input] = await withInbox(call)
    const { message, codes, links } = await call.client.waitOnce(inbox, input as InboxWaitInput, call.options)
    if (!message) return [text('No such mail came in time. Call again to go on waiting.')]
    const found = untrusted('One-time codes and links found in the mail, likeliest first', JSON.stringify({ codes, links }))
    const [head, ...rest] = wholeMessage(message)
    return [head!, found, ...rest, ...(await attachments(call, message))]
  },

  list_inboxes: async ({ client, input, options }) => {
    const { data, next_cursor } = await client.inboxes.list(input as InboxListInput, options)
    return [facts({ inboxes: data, default_inbox: client.inboxId, next_cursor })]
  },

  create_inbox: async ({ client, input, options }) => [facts(await client.inboxes.create(input as InboxCreateInput, options))],

  search_messages: async ({ client, input, options }) =>
    messageList(await client.messages.search(input as unknown as MessageSearchInput, options)),
}
