// Reads PENNYPOST_API_KEY, PENNYPOST_INBOX_ID and PENNYPOST_BASE_URL.
import Pennypost, { PennypostError } from 'pennypost'

const pp = new Pennypost()
const [, , to] = process.argv // whom to write to

const sent = await pp.send({
  to,
  subject: 'Your order has left',
  html: '<p>Your lantern is on its way. <b>Is the address still right?</b></p>',
})
console.log('sent', sent.id)

try {
  // The server holds the line open until the answer is there.
  const reply = await pp.waitFor({ subject: /^re: your order/i, threadId: sent.thread_id, timeout: 30_000 })
  console.log('answer:', reply.extracted_text?.trim())
  await pp.reply(reply.id, { text: 'Thanks for confirming!' })
} catch (error) {
  if (!(error instanceof PennypostError)) throw error
  console.error(`${error.code}: ${error.message} ${error.fix ?? ''}`)
  process.exitCode = 1
}

for await (const message of pp.inboxes.messages.list(pp.inboxId, { limit: 50 })) console.log(message.direction, message.subject)
