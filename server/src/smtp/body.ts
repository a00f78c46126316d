/**
 * A message as it comes in. Up to 256 KB stay in memory; of a larger one the rest goes to a file without a name, so that
 * fifty large ones at once cost disk and not memory, and a crash leaves nothing behind.
 */
import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { SMTPServerDataStream } from 'smtp-server'
import { inlineLimit } from '../kernel/blobs.ts'

export interface Body {
  size: number
  /** The whole message in one piece. Call it once. */
  read(): Promise<Buffer>
  /** Frees the file. */
  close(): Promise<void>
}

/** Reads to the end whatever comes, for the reply can only be given then; what is beyond the limit is not kept. */
export const readBody = async (stream: SMTPServerDataStream, folder: string): Promise<Body> => {
  const start: Buffer[] = []
  let held = 0
  // Listeners, not `for await`: most mails are a chunk or two, and an iterator costs more than they do.
  const small = await new Promise<boolean>((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      start.push(chunk)
      held += chunk.length
      if (held <= inlineLimit) return
      stream.off('data', onData).pause()
      resolve(false)
    }
    stream.on('data', onData)
    stream.once('end', () => resolve(true))
    stream.once('error', reject)
    // Also after a good end; an error costs a stack trace, so it is made only when it is one.
    stream.once('close', () => stream.readableEnded || reject(new Error('The connection was closed')))
  })
  if (small)
    return { size: held, read: async () => (start.length === 1 ? start[0]! : Buffer.concat(start)), close: async () => {} }
  const file = await openNameless(folder)
  try {
    return inFile(file, start, held, await writeRest(stream, file))
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Bytes written. */
const writeRest = async (stream: SMTPServerDataStream, file: FileHandle): Promise<number> => {
  let written = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (stream.sizeExceeded) continue
    await file.writeFile(chunk)
    written += chunk.length
  }
  return written
}

const inFile = (file: FileHandle, start: Buffer[], held: number, written: number): Body => ({
  size: held + written,
  read: async () => {
    const whole = Buffer.allocUnsafe(held + written)
    Buffer.concat(start).copy(whole)
    for (let at = 0; at < written; ) {
      const { bytesRead } = await file.read(whole, held + at, written - at, at)
      if (bytesRead === 0) throw new Error('The file of a received mail ended early')
      at += bytesRead
    }
    return whole
  },
  close: () => file.close(),
})

const openNameless = async (folder: string): Promise<FileHandle> => {
  await mkdir(folder, { recursive: true })
  const path = join(folder, randomBytes(12).toString('hex'))
  const file = await open(path, 'wx+', 0o600)
  await unlink(path)
  return file
}
