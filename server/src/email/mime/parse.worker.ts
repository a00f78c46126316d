/** The thread untrusted mail is parsed in. It holds nothing worth having, and parse.ts ends it when it takes too long. */
import { parentPort } from 'node:worker_threads'
import { cleanText } from '../extraction/clean-text.ts'
import { htmlToText } from '../extraction/html-text.ts'
import { readMessage } from './read-message.ts'

export type Job = { kind: 'message'; raw: Uint8Array } | { kind: 'html'; html: string; hidden: boolean }

parentPort!.on('message', (job: Job) => {
  if (job.kind === 'html') {
    parentPort!.postMessage(cleanText(htmlToText(job.html, job)))
    return
  }
  const message = readMessage(Buffer.from(job.raw.buffer, job.raw.byteOffset, job.raw.byteLength))
  const whole = message.attachments.filter(({ content }) => content.byteLength === content.buffer.byteLength)
  parentPort!.postMessage(message, [...new Set(whole.map(({ content }) => content.buffer as ArrayBuffer))])
})
