/**
 * A creative that is one word: clients of other products put a link to a file, the id of a template, a file's name or its base64 where we
 * take HTML. Printed as words it would be waste that cannot be called back. Links to PDF, PNG and JPEG are fetched, the bytes kept;
 * base64 and data: URIs are read; everything else is refused with what to do instead.
 */
import { gunzipSync } from 'node:zlib'
import { type Fetched, FetchRefused } from '../../kernel/net/fetch.ts'
import { inUnits, limits } from '../../limits.ts'
import type { App } from '../../platform.ts'
import { invalid, type Problem } from '../../problems.ts'

/** What a word was found to be. */
export type Found = { kind: 'pdf' | 'image'; bytes: Buffer } | { kind: 'html'; html: string }

const mostBytes = limits.artworkBytes
/** For all links of one request together, redirects included. */
const mostMs = 20_000
const mostRedirects = 5

const files = '(?:pdf|png|jpe?g|gif|webp|svg|tiff?|bmp|heic|docx?|odt|rtf|html?|ai|eps|psd|indd|zip)'
const isLink = /^https?:\/\/\S+$/i
const otherLink = /^(?:[a-z][a-z0-9+.-]*:)?\/\/\S+$/i
const fileName = new RegExp(`^@?[^\\s<>]+\\.${files}(?:[?#]\\S*)?$`, 'i')
/** `tmpl_…` and its like, and the uuids and numbers that others name their templates by. */
const templateId = /^(?:[A-Za-z]{2,16}_[A-Za-z0-9_-]{3,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{3,})$/
const dataUri = /^data:([\w/+.-]*)((?:;[\w=.-]+)*),([\s\S]*)$/i
const base64File = /^(?:JVBERi0|iVBORw0KGgo|\/9j\/)[A-Za-z0-9+/\s]{60,}={0,2}$/

/** Reads the one-word creatives of one request; each link is fetched once. */
export const createLinks = (app: App) => {
  const deadline = Date.now() + mostMs
  const fetched = new Map<string, Promise<Found>>()
  const fetchOnce = (url: string, path: string): Promise<Found> => {
    const known = fetched.get(url)
    if (known !== undefined) return known
    const found = download(app, url, path, deadline)
    fetched.set(url, found)
    return found
  }
  return {
    /** The file which a text stands for; undefined when it is a text. Throws invalid_input. */
    find: async (text: string, path: string, literal: boolean): Promise<Found | undefined> => {
      const word = text.trim()
      if (isLink.test(word)) return fetchOnce(word, path)
      if (/^data:/i.test(word)) return fromDataUri(word, path)
      if (base64File.test(word)) return sniffed(Buffer.from(word, 'base64'), path, '')
      if (!literal) refuseWord(word, path)
      return undefined
    },
    /** The bytes of a file field given as a link; undefined when it is base64 already. Throws invalid_input. */
    file: async (text: string, path: string): Promise<Found | undefined> => {
      const word = text.length < 4000 ? text.trim() : ''
      if (isLink.test(word)) return fetchOnce(word, path)
      if (otherLink.test(word) || fileName.test(word)) refuseWord(word, path)
      return undefined
    },
  }
}

const quoted = (text: string): string => `"${text.length > 80 ? `${text.slice(0, 79)}…` : text}"`

/** Throws invalid_input for one word that nobody wants printed as a word. */
export const refuseWord = (word: string, path: string): void => {
  const why = wordProblem(word)
  if (why) throw invalid({ path, message: why })
}

const confirm = 'To print it as it stands, send confirm_literal: true.'

/** What is wrong with a creative that is only this word. */
const wordProblem = (word: string): string | undefined => {
  if (otherLink.test(word))
    return `is ${quoted(word)}, a link that is not fetched: give one that begins with https://. ${confirm}`
  if (fileName.test(word))
    return `is ${quoted(word)}, the name of a file: give its link (https://…), its bytes in base64, or the file in multipart/form-data. ${confirm}`
  if (templateId.test(word))
    return `is ${quoted(word)}, which looks like the id of a template of another product: there is no such template here. Give HTML, a link to a PDF or picture, or the file. ${confirm}`
  return undefined
}

/** As above, for words that are written by hand: there a link is no artwork either. Throws invalid_input. */
export const refuseWrittenWord = (message: string, path: string): void => {
  const word = message.trim()
  if (isLink.test(word))
    throw invalid({
      path,
      message: `is ${quoted(word)} and would be written by hand: give the link as pdf, front or back to print what is behind it. ${confirm}`,
    })
  refuseWord(word, path)
}

const download = async (app: App, first: string, path: string, deadline: number): Promise<Found> => {
  if (/\{\{|\}\}/.test(first))
    throw invalid({ path, message: `is ${quoted(first)}: merge fields are not filled in links, for all pieces share the file` })
  let url = first
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const answer = await get(app, url, path, deadline - Date.now())
    const { location } = answer.headers
    if (answer.status >= 300 && answer.status < 400 && location) {
      if (!URL.canParse(location, url)) break
      url = new URL(location, url).href
      continue
    }
    return fileOf(answer, url, path)
  }
  throw refused(first, path, 'leads from one address to another without end.')
}

const refused = (url: string, path: string, why: string): Problem =>
  invalid({ path, message: `cannot be had: ${quoted(url)} ${why}` })

const get = async (app: App, url: string, path: string, timeoutMs: number): Promise<Fetched> => {
  if (timeoutMs <= 0) throw refused(url, path, `and what it leads to took more than ${mostMs / 1000} seconds.`)
  try {
    return await app.fetch(url, {
      maxResponseBytes: mostBytes + 1,
      timeoutMs,
      headers: { accept: 'application/pdf, image/png, image/jpeg' },
    })
  } catch (error) {
    if (!(error instanceof FetchRefused)) throw error
    throw refused(url, path, `was not fetched. ${error.message}`)
  }
}

const fileOf = ({ status, headers, body, truncated }: Fetched, url: string, path: string): Found => {
  if (status !== 200) throw refused(url, path, `answered ${status}. Give a link that anybody may open.`)
  if (truncated || body.length > mostBytes)
    throw refused(url, path, `is larger than ${inUnits(mostBytes)}. Make the file smaller.`)
  if (body.length === 0) throw refused(url, path, 'is empty.')
  return sniffed(unpacked(body, String(headers['content-encoding'] ?? ''), url, path), path, url, headers['content-type'])
}

const unpacked = (body: Buffer, encoding: string, url: string, path: string): Buffer => {
  if (encoding === '' || encoding === 'identity') return body
  if (!/^(x-)?gzip$/i.test(encoding))
    throw refused(url, path, `is packed as "${encoding.slice(0, 20)}", which was not asked for.`)
  try {
    return gunzipSync(body, { maxOutputLength: mostBytes })
  } catch {
    throw refused(url, path, 'is damaged, or larger than 10 MB unpacked.')
  }
}

const named: readonly [string, RegExp][] = [
  ['a GIF', /^GIF8/],
  ['a WebP picture', /^RIFF....WEBP/s],
  ['a TIFF', /^(II\*\0|MM\0\*)/],
  ['an SVG', /^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<svg\b/s],
  ['a Word or ZIP file', /^PK/],
]

/** What the bytes are, whatever they are called. */
const sniffed = (bytes: Buffer, path: string, url: string, type = ''): Found => {
  const head = bytes.toString('latin1', 0, 1024)
  if (head.includes('%PDF-')) return { kind: 'pdf', bytes }
  if (head.startsWith('\x89PNG\r\n') || head.startsWith('\xff\xd8\xff')) return { kind: 'image', bytes }
  const what = named.find(([, pattern]) => pattern.test(head))?.[0]
  const page = /^\s*(<!doctype html|<html|<head|<body|<div|<p\b)/i.test(head) || /text\/html/i.test(type)
  const why = what
    ? `is ${what}: give a PDF, a PNG or a JPEG.`
    : page
      ? 'is a web page, not a file: pages are not fetched. Send the HTML itself, or a link to the PDF or picture.'
      : 'is neither a PDF nor a PNG nor a JPEG.'
  throw url ? refused(url, path, why) : invalid({ path, message: why })
}

const fromDataUri = (uri: string, path: string): Found => {
  const [, type = '', parameters = '', data = ''] = dataUri.exec(uri) ?? []
  const packed = /;base64/i.test(parameters)
  let bytes: Buffer
  try {
    bytes = packed ? Buffer.from(data, 'base64') : Buffer.from(decodeURIComponent(data))
  } catch {
    throw invalid({ path, message: 'is a data: URI that is not written correctly' })
  }
  if (/^text\/html$/i.test(type)) return { kind: 'html', html: bytes.toString('utf8') }
  return sniffed(bytes, path, '')
}
