/** multipart/form-data with the field names curl users write: `to[0]=…`, `attachments[0]=@file` → the object JSON would have been. */
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

/** Reads the whole form. A file becomes `{ filename, content (base64), content_type }`. */
export const readMultipart = async (request: FastifyRequest, allowed: boolean): Promise<unknown> => {
  if (!allowed) throw problem('unsupported_media_type')
  const tree: Tree = Object.create(null)
  for await (const part of request.parts()) {
    const path = pathOf(part.fieldname)
    if (part.type === 'field') put(tree, path, String(part.value))
    else
      put(tree, path, {
        filename: part.filename,
        content: (await part.toBuffer()).toString('base64'),
        content_type: part.mimetype,
      })
  }
  return settle(tree)
}
