/** multipart/form-data with the field names curl users write: `to[0]=…`, `attachments[0]=@file` → the object JSON would have been. */
import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Multipart } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { invalid, problem } from '../problems.ts'

type Tree = { [key: string]: string | Tree }

const deepest = 4

/** `a[b][0]` → ['a', 'b', '0']; refuses names that could reach a prototype or nest without end. */
const pathOf = (name: string): string[] => {
  const match = /^([\w-]+)((?:\[[\w-]*\])*)$/.exec(name)
  const path = match ? [match[1]!, ...[...match[2]!.matchAll(/\[([\w-]*)\]/g)].map(part => part[1]!)] : []
  if (
    path.length === 0 ||
    path.length > deepest ||
    path.some(part => part === '__proto__' || part === 'constructor' || part === 'prototype')
  )
    throw invalid({ path: `/${name.slice(0, 100)}`, message: 'is not a field name this endpoint reads' })
  return path
}

const put = (tree: Tree, path: string[], value: string | Tree): void => {
  const [head, ...rest] = path as [string, ...string[]]
  const key = head === '' ? String(Object.keys(tree).length) : head
  if (rest.length === 0) tree[key] = value
  else {
    const next = tree[key]
    const branch: Tree = typeof next === 'object' ? next : Object.create(null)
    tree[key] = branch
    put(branch, rest, value)
  }
}

/** Trees whose keys are all numbers become lists. */
const settle = (value: string | Tree): unknown => {
  if (typeof value === 'string') return value
  const keys = Object.keys(value)
  if (keys.length > 0 && keys.every(key => /^\d{1,3}$/.test(key)))
    return keys.sort((a, b) => Number(a) - Number(b)).map(key => settle(value[key]!))
  return Object.fromEntries(keys.map(key => [key, settle(value[key]!)]))
}

/** Where the files of a request go that are too large for memory; whoever made it removes them. */
export type Uploads = Map<string, string>

const largestUpload = 50 * 1024 * 1024

/** Writes a file to disk as it comes, and gives what stands for it: the same bytes are the same text, so that requests compare. */
const spool = async (file: NodeJS.ReadableStream & { truncated: boolean }, uploads: Uploads): Promise<string> => {
  const path = join(tmpdir(), `pennypost-upload-${randomUUID()}`)
  uploads.set(path, path)
  const hash = createHash('sha256')
  const hashing = new Transform({
    transform: (part, _, done) => {
      hash.update(part)
      done(null, part)
    },
  })
  await pipeline(file, hashing, createWriteStream(path, { mode: 0o600 }))
  uploads.delete(path)
  const name = `upload:${hash.digest('hex')}`
  uploads.set(uploads.has(name) ? path : name, path)
  if (file.truncated) throw problem('too_large', { limit: '50 MB' })
  return name
}

/** The parts; what is no form (no boundary, no end) is a refusal, where Busboy throws bare errors. */
async function* partsOf(request: FastifyRequest, options: Parameters<FastifyRequest['parts']>[0]): AsyncGenerator<Multipart> {
  try {
    yield* request.parts(options)
  } catch (error) {
    if (error instanceof Error && /boundary|multipart/i.test(error.message) && !('statusCode' in error))
      throw invalid({ path: '', message: 'is not a whole multipart/form-data body' })
    throw error
  }
}

/**
 * Reads the whole form. A file becomes `{ filename, content, content_type }`, its content in base64, or with `uploads` the name
 * under which they have it.
 */
export const readMultipart = async (request: FastifyRequest, allowed: boolean, uploads?: Uploads): Promise<unknown> => {
  if (!allowed) throw problem('unsupported_media_type')
  const tree: Tree = Object.create(null)
  const options = uploads ? { limits: { fileSize: largestUpload, files: 1 }, throwFileSizeLimit: false } : {}
  for await (const part of partsOf(request, options)) {
    const path = pathOf(part.fieldname)
    // Busboy cuts what is too long and goes on.
    if (part.type === 'field' && part.valueTruncated) throw problem('too_large', { limit: '5 MB in one field' })
    if (part.type === 'field') put(tree, path, String(part.value))
    else
      put(tree, path, {
        filename: part.filename,
        content: uploads ? await spool(part.file, uploads) : (await part.toBuffer()).toString('base64'),
        content_type: part.mimetype,
      })
  }
  return settle(tree)
}
