/**
 * A message as it comes in. Up to 256 KB stay in memory; of a larger one the rest goes to a file without a name, so that
 * fifty of 25 MB at once cost disk and not memory, and a crash leaves nothing behind.
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
  const chunks: Buffer[] = []
  let held = 0
  let file: FileHandle | undefined
  let written = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (stream.sizeExceeded) continue
      if (held + chunk.length <= inlineLimit && !file) {
        chunks.push(chunk)
        held += chunk.length
      } else {
        file ??= await openNameless(folder)
        await file.writeFile(chunk)
        written += chunk.length
      }
    }
  } catch (error) {
    await file?.close()
    throw error
  }
  return {
    size: held + written,
    read: async () => {
      if (!file) return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
      const whole = Buffer.allocUnsafe(held + written)
      Buffer.concat(chunks).copy(whole)
      for (let at = 0; at < written; ) {
        const { bytesRead } = await file.read(whole, held + at, written - at, at)
        if (bytesRead === 0) throw new Error('The file of a received mail ended early')
        at += bytesRead
      }
      return whole
    },
    close: async () => file?.close(),
  }
}

const openNameless = async (folder: string): Promise<FileHandle> => {
  await mkdir(folder, { recursive: true })
  const path = join(folder, randomBytes(12).toString('hex'))
  const file = await open(path, 'wx+', 0o600)
  await unlink(path)
  return file
}
