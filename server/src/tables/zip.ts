/**
 * ZIP archives for reading, written for files from strangers (APPNOTE 6.3.10, without ZIP64: nothing here may be that large). The
 * central directory is believed only after it agrees with itself: number and size of entries, ratio, no two entries on the same
 * bytes, no encryption. While unpacking, more than the declared size ends the reading, and so does a wrong checksum.
 */
import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { crc32, createInflateRaw } from 'node:zlib'
import { ListRefused, limits } from './table-limits.ts'

interface Entry {
  name: string
  packed: number
  size: number
  crc: number
  method: number
  offset: number
}

export interface Zip {
  names: readonly string[]
  /** The bytes of one entry as they are unpacked. Throws ListRefused for what does not fit its description. */
  read(name: string): AsyncGenerator<Buffer>
}

const damaged = () => new ListRefused('is a damaged spreadsheet; save it again as .xlsx')
const bomb = () => new ListRefused('unpacks to far more than a spreadsheet of addresses holds')

const endSignature = 0x06054b50
const entrySignature = 0x02014b50
const localSignature = 0x04034b50
const slice = 256 * 1024

const bytesAt = async (file: FileHandle, offset: number, length: number): Promise<Buffer> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset)
  if (bytesRead < length) throw damaged()
  return buffer
}

/** Reads the directory of an open file. Throws ListRefused. */
export const openZip = async (file: FileHandle): Promise<Zip> => {
  const { size } = await file.stat()
  const entries = check(await directory(file, size))
  return { names: [...entries.keys()], read: name => unpack(file, entries.get(name)) }
}

const directory = async (file: FileHandle, fileSize: number): Promise<{ entries: Entry[]; start: number }> => {
  const tailSize = Math.min(fileSize, 22 + 0xffff)
  const tail = await bytesAt(file, fileSize - tailSize, tailSize)
  let end = tail.length - 22
  while (end >= 0 && tail.readUInt32LE(end) !== endSignature) end--
  if (end < 0) throw damaged()
  const count = tail.readUInt16LE(end + 10)
  const length = tail.readUInt32LE(end + 12)
  const start = tail.readUInt32LE(end + 16)
  if (count > limits.zipEntries) throw new ListRefused(`has ${count} parts; a spreadsheet of addresses has some twenty`)
  if (length > count * (46 + 3 * 0xffff) || start + length > fileSize) throw damaged()
  return { entries: readEntries(await bytesAt(file, start, length), count), start }
}

const readEntries = (bytes: Buffer, count: number): Entry[] => {
  const entries: Entry[] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== entrySignature) throw damaged()
    if (bytes.readUInt16LE(at + 8) & 1) throw new ListRefused('is protected by a password; save it without one')
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28)
    const next = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
    if (next > bytes.length) throw damaged()
    entries.push({
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
      name: bytes.toString('utf8', at + 46, nameEnd),
    })
    at = next
  }
  return entries
}

/** Entries by name, if none lies about its place and none grows beyond measure. */
const check = ({ entries, start }: { entries: Entry[]; start: number }): Map<string, Entry> => {
  const byName = new Map<string, Entry>()
  let free = 0
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (entry.offset < free || byName.has(entry.name)) throw damaged()
    free = entry.offset + 30 + Buffer.byteLength(entry.name) + entry.packed
    if (free > start) throw damaged()
    if (entry.size > limits.partBytes) throw bomb()
    if (entry.size > 1024 * 1024 && entry.size > entry.packed * limits.ratio) throw bomb()
    byName.set(entry.name, entry)
  }
  return byName
}

async function* unpack(file: FileHandle, entry: Entry | undefined): AsyncGenerator<Buffer> {
  if (!entry) throw damaged()
  const local = await bytesAt(file, entry.offset, 30)
  if (local.readUInt32LE(0) !== localSignature || (entry.method !== 0 && entry.method !== 8)) throw damaged()
  if (entry.packed === 0) return
  const start = entry.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28)
  const packed = slices(file, start, entry.packed)
  let size = 0
  let crc = 0
  for await (const part of entry.method === 8 ? inflate(packed) : packed) {
    size += part.length
    if (size > entry.size) throw bomb()
    crc = crc32(part, crc)
    yield part
  }
  if (size !== entry.size || crc !== entry.crc) throw damaged()
}

/** (A stream over the file would close it when it is done.) */
async function* slices(file: FileHandle, start: number, length: number): AsyncGenerator<Buffer> {
  for (let done = 0; done < length; done += slice) yield await bytesAt(file, start + done, Math.min(slice, length - done))
}

async function* inflate(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = Readable.from(packed)
  const unpacking = createInflateRaw({ chunkSize: 128 * 1024 })
  source.on('error', error => unpacking.destroy(error))
  try {
    yield* source.pipe(unpacking) as AsyncIterable<Buffer>
  } catch (error) {
    throw error instanceof ListRefused || !('code' in (error as Error)) ? error : damaged()
  } finally {
    source.destroy()
    unpacking.destroy()
  }
}
