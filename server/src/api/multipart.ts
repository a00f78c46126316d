/** multipart/form-data with the field names curl users write: `to[0]=…`, `attachments[0]=@file` → the object JSON would have been. */
import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Busboy, type BusboyFileStream, type BusboyHeaders } from '@fastify/busboy'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { TObject, TSchema } from 'typebox'
import { bodySeconds, inUnits, limits } from '../limits.ts'
import { invalid, problem } from '../problems.ts'

/** A file of a form; with uploads `content` is the name its bytes go by. */
class FormFile {
  readonly filename: string
  readonly content_type: string
  content = ''
  constructor(filename: string, contentType: string) {
    this.filename = filename
    this.content_type = contentType
  }
}
type Leaf = string | FormFile
type Tree = { [key: string]: Leaf | Tree }
const isBranch = (value: Leaf | Tree | undefined): value is Tree => typeof value === 'object' && !(value instanceof FormFile)

/** `a[b][0]` → ['a', 'b', '0']; refuses names that could reach a prototype or nest without end. */
const pathOf = (name: string): string[] => {
  const match = /^([\w-]+)((?:\[[\w-]*\])*)$/.exec(name)
  const path = match ? [match[1]!, ...[...match[2]!.matchAll(/\[([\w-]*)\]/g)].map(part => part[1]!)] : []
  if (
    path.length === 0 ||
    path.length > limits.formFieldDepth ||
    path.some(part => part === '__proto__' || part === 'constructor' || part === 'prototype')
  )
    throw invalid({ path: `/${name.slice(0, 100)}`, message: 'is not a field name this endpoint reads' })
  return path
}

/** A name that comes again makes a list: `-F attachments=@a.pdf -F attachments=@b.pdf`. */
const put = (tree: Tree, path: string[], value: Leaf): void => {
  const [head, ...rest] = path as [string, ...string[]]
  const key = head === '' ? String(Object.keys(tree).length) : head
  const next = tree[key]
  if (rest.length === 0 && next === undefined) tree[key] = value
  else {
    const branch: Tree = isBranch(next) ? next : Object.assign(Object.create(null), next === undefined ? {} : { 0: next })
    tree[key] = branch
    put(branch, rest.length === 0 ? [''] : rest, value)
  }
}

/** Trees whose keys are all numbers become lists. */
const settle = (value: Leaf | Tree): unknown => {
  if (typeof value === 'string') return value
  if (!isBranch(value)) return { ...value }
  const keys = Object.keys(value)
  if (keys.length > 0 && keys.every(key => /^\d{1,3}$/.test(key)))
    return keys.sort((a, b) => Number(a) - Number(b)).map(key => settle(value[key]!))
  return Object.fromEntries(keys.map(key => [key, settle(value[key]!)]))
}

/** Where the files of a request go that are too large for memory; whoever made it removes them. */
export type Uploads = Map<string, string>

/** The body is left alone; the handler of a route reads it, or refuses to. */
export const acceptMultipart = (fastify: FastifyInstance): void => {
  fastify.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null, undefined))
}

export const isMultipart = (request: FastifyRequest): boolean =>
  /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')

/** Writes a file to disk as it comes, and gives what stands for it: the same bytes are the same text, so that requests compare. */
const spool = async (file: BusboyFileStream, uploads: Uploads): Promise<string> => {
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
  if (file.truncated) throw problem('too_large', { limit: inUnits(limits.uploadBytes) })
  return name
}

const inMemory = async (file: BusboyFileStream): Promise<string> => {
  const pieces: Buffer[] = []
  for await (const piece of file as AsyncIterable<Buffer>) pieces.push(piece)
  if (file.truncated) throw problem('too_large', { limit: `${inUnits(limits.attachmentBytes)} in one file` })
  return Buffer.concat(pieces).toString('base64')
}

/**
 * Reads the whole form. A file becomes `{ filename, content, content_type }`, its content in base64, or with `uploads` the name
 * under which they have it. Like every body it is bounded as a whole, and in time.
 */
export const readMultipart = async (request: FastifyRequest, allowed: boolean, uploads?: Uploads): Promise<object> => {
  if (!allowed) throw problem('unsupported_media_type')
  const tree: Tree = Object.create(null)
  const files: Promise<void>[] = []
  const { raw } = request
  const bytes = limits.fileBodyBytes
  const seconds = bodySeconds(bytes)
  if (Number(request.headers['content-length']) > bytes) throw problem('too_large', { limit: inUnits(bytes) })
  const form = openForm(request, uploads ? { fileSize: limits.uploadBytes, files: 1 } : { fileSize: limits.attachmentBytes })
  const read = new Promise<void>((resolve, reject) => {
    let size = 0
    const count = (piece: Buffer) => {
      size += piece.length
      if (size > bytes) end(problem('too_large', { limit: inUnits(bytes) }))
    }
    const tooLate = () => end(problem('request_timeout', { seconds }))
    const late = setTimeout(tooLate, seconds * 1000)
    // It also comes after a good end, when files are still being written.
    const lost = () => raw.readableEnded || tooLate()
    const broken = () => end(invalid({ path: '', message: 'is not a whole multipart/form-data body' }))
    const end = (error?: unknown) => {
      clearTimeout(late)
      raw.off('data', count).off('close', lost).off('error', lost).unpipe(form)
      if (error === undefined) return resolve()
      raw.pause()
      form.destroy()
      reject(error)
    }
    /** Whatever a part is refused for ends the whole. */
    const guarded = (put: () => void) => {
      try {
        put()
      } catch (error) {
        end(error)
      }
    }
    form.on('field', (name, value, nameCut, valueCut) =>
      guarded(() => {
        if (valueCut) throw problem('too_large', { limit: `${inUnits(limits.formFieldBytes)} in one field` })
        put(tree, pathOf(nameCut ? '' : name), value)
      }),
    )
    form.on('file', (name, file, filename, _encoding, content_type) => {
      file.on('error', () => {}) // cut off with the form
      guarded(() => {
        const path = pathOf(name)
        const leaf = new FormFile(filename ?? '', content_type)
        put(tree, path, leaf) // at once: files come to their end in any order
        const kept = (uploads ? spool(file, uploads) : inMemory(file)).then(content => {
          leaf.content = content
        })
        kept.catch(end)
        files.push(kept)
      })
    })
    const tooMany = (most: number, what: string) => () => end(problem('too_large', { limit: `${most} ${what}` }))
    form.on('filesLimit', tooMany(uploads ? 1 : limits.formFiles, uploads ? 'file' : 'files'))
    form.on('fieldsLimit', tooMany(limits.formFields, 'fields'))
    form.on('partsLimit', tooMany(limits.formFields + limits.formFiles, 'parts'))
    form.on('error', broken).on('finish', () => Promise.all(files).then(() => end(), end))
    raw.on('data', count).on('close', lost).on('error', lost).pipe(form)
  })
  try {
    await read
  } catch (error) {
    // What is being written must be there before it can be removed.
    await Promise.allSettled(files)
    throw error
  }
  return settle(tree) as object
}

const openForm = ({ headers }: FastifyRequest, most: { fileSize: number; files?: number }) => {
  try {
    return new Busboy({
      headers: headers as BusboyHeaders,
      limits: {
        files: limits.formFiles,
        fields: limits.formFields,
        parts: limits.formFields + limits.formFiles,
        fieldNameSize: 200,
        fieldSize: limits.formFieldBytes,
        ...most,
      },
    })
  } catch {
    throw invalid({ path: '', message: 'is not a whole multipart/form-data body' }) // no boundary
  }
}

/** A field that the operation takes as a list may be written once without an index: `-F attachments=@report.pdf`. */
export const singlesAsLists = (form: object, schema: TSchema): Record<string, unknown> => {
  const { properties = {} } = schema as Partial<TObject>
  return Object.fromEntries(
    Object.entries(form).map(([name, value]) => [
      name,
      (properties[name] as { type?: string } | undefined)?.type === 'array' && !Array.isArray(value) ? [value] : value,
    ]),
  )
}
