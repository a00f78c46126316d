/** Answering a mail: to whom it goes, and how it stays in its thread. */
import Type from 'typebox'
import { limits } from '../../limits.ts'
import { object, operation } from '../../operation.ts'
import { type FieldError, problem } from '../../problems.ts'
import { InboxId } from '../inboxes/inboxes.ts'
import type { MessageRow } from '../messages/messages.sql.ts'
import { findMessageIn, Message } from '../messages/messages.ts'
import { isMessageId } from '../mime/compose.ts'
import { normalizeAddress } from '../mime/mailboxes.ts'
import { Addresses, body, isAutomatic, readAddresses, submit } from './sending.ts'

const NewReply = object({
  inbox_id: InboxId,
  message_id: Type.String({ description: 'The message that is answered.' }),
  reply_all: Type.Optional(Type.Boolean({ description: 'Answer everybody it went to, not only its sender.' })),
  cc: Type.Optional(Addresses),
  bcc: Type.Optional(Addresses),
  ...body,
})

/** `Re: ` once, whatever language's prefix was there before. */
const replySubject = (subject: string): string =>
  (/^\s*(re|aw|sv|antw|odp|vs|ref)\s*(\[\d+\])?:/i.test(subject) ? subject : `Re: ${subject}`).slice(0, limits.subjectCharacters)

/** RFC 5322 §3.6.4: the parent's References and its Message-ID. The oldest and the newest are kept when there are too many. */
const replyReferences = (parent: MessageRow): string[] => {
  const before = parent.references.length > 0 ? parent.references : parent.in_reply_to ? [parent.in_reply_to] : []
  const all = [...new Set([...before, parent.message_id])].filter(isMessageId)
  return all.length > 50 ? [all[0]!, ...all.slice(-49)] : all
}

/** Everybody a mail was from and for, without the inbox itself, its tagged addresses, and whom one cannot write to. */
const correspondents = (parent: MessageRow, inboxEmail: string, all: boolean): { to: string[]; cc: string[] } => {
  const at = inboxEmail.lastIndexOf('@')
  const ours = new Set([inboxEmail, ...(parent.headers['delivered-to']?.toLowerCase().split('\n') ?? [])])
  const isOurs = (address: string) => {
    const lower = address.toLowerCase()
    const tagged = lower.startsWith(`${inboxEmail.slice(0, at)}+`) && lower.endsWith(inboxEmail.slice(at))
    return ours.has(lower) || tagged
  }
  const writable = (addresses: string[]) => addresses.filter(address => normalizeAddress(address))
  const inbound = parent.direction === 'inbound'
  const asked = parent.reply_to_emails.length > 0 ? parent.reply_to_emails : [parent.from_email]
  const answered = inbound ? asked : parent.to_emails
  const everybody = writable(all && inbound ? [...answered, ...parent.to_emails] : answered)
  const others = everybody.filter(address => !isOurs(address))
  return {
    // Who writes to himself is answered all the same.
    to: others.length > 0 ? others : writable(answered),
    cc: all ? writable(parent.cc_emails).filter(address => !isOurs(address)) : [],
  }
}

export const replyToMessage = operation(
  'Reply to a message',
  'messages.send',
  { input: NewReply, output: Message, claims: true },
  async (ctx, input) => {
    const { inbox, message: parent } = await findMessageIn(ctx, input.inbox_id, input.message_id)
    // RFC 3834 §2: two machines that answer each other would go on for ever.
    if (parent.direction === 'inbound' && parent.automatic && isAutomatic(input)) throw problem('automatic_loop')
    const errors: FieldError[] = []
    const people = correspondents(parent, inbox.email, input.reply_all ?? false)
    if (people.to.length === 0) throw problem('not_found', { what: 'address to reply to in that message' })
    return submit(
      ctx,
      inbox,
      {
        to: people.to,
        cc: [...readAddresses('cc', input.cc, errors), ...people.cc],
        bcc: readAddresses('bcc', input.bcc, errors),
        replyTo: [],
        subject: replySubject(parent.subject),
        body: input,
        thread: { id: parent.thread_id, fresh: false },
        inReplyTo: isMessageId(parent.message_id) ? parent.message_id : null,
        references: replyReferences(parent),
      },
      errors,
    )
  },
)
