/** What a request says of its creative, with links fetched and files read: afterwards HTML is HTML and files are base64. */
import type { Static } from 'typebox'
import Type from 'typebox'
import type { App } from '../../platform.ts'
import { invalid } from '../../problems.ts'
import { letterCreative, postcardCreative } from './creative.ts'
import { createLinks, type Found, refuseWrittenWord } from './creative-links.ts'

const Fields = Type.Object({ ...postcardCreative, ...letterCreative })
type Given = Static<typeof Fields>
type GivenSide = Exclude<NonNullable<Given['front']> | NonNullable<Given['back']>, string>
type FileField = NonNullable<Given['pdf']>

const asFile = (bytes: Buffer): { content: string } => ({ content: bytes.toString('base64') })

const textOf = (file: FileField): string => (typeof file === 'string' ? file : file.content)

/**
 * `kind`: what it will be, for a picture is no letter. Throws invalid_input for links that cannot be had and words that are no creative
 * (see creative-links.ts).
 */
export const readSources = async <I extends Given>(app: App, kind: 'postcard' | 'letter', input: I): Promise<I> => {
  const literal = input.confirm_literal === true
  const links = createLinks(app)
  const { file, ...rest } = input
  const out: Given = rest
  const written = (message: string | undefined, path: string) => {
    if (message !== undefined && !literal) refuseWrittenWord(message, path)
  }
  const letterFile = (found: Found | undefined, path: string): Pick<Given, 'html' | 'pdf'> => {
    if (!found) return {}
    if (found.kind === 'html') return { html: found.html }
    if (found.kind === 'pdf') return { pdf: asFile(found.bytes) }
    throw invalid({ path, message: 'is a picture; letters are made from PDF or HTML' })
  }
  const side = async <S extends GivenSide>(given: string | S, path: string): Promise<S | string> => {
    if (typeof given === 'string') return asSide<S>(await links.find(given, path, literal)) ?? given
    if ('message' in given) written(given.message, `${path}/message`)
    for (const name of ['html', 'pdf', 'image'] as const) {
      const value = given[name]
      if (value === undefined) continue
      const at = `${path}/${name}`
      const found = name === 'html' ? await links.find(value as string, at, literal) : await links.file(textOf(value), at)
      if (!found) continue
      const { html: _, pdf: __, image: ___, ...others } = given
      return { ...others, ...asSide<S>(found) } as S
    }
    return given
  }

  written(input.message, '/message')
  if (input.front !== undefined) out.front = await side(input.front, '/front')
  if (input.back !== undefined) out.back = await side(input.back, '/back')
  if (input.html !== undefined) {
    const found = await links.find(input.html, '/html', literal)
    if (found && kind === 'letter') Object.assign(without(out, 'html'), letterFile(found, '/html'))
    else if (found) Object.assign(without(out, 'html'), found.kind === 'html' ? { html: found.html } : { back: asSide(found) })
  }
  if (input.pdf !== undefined) {
    const found = await links.file(textOf(input.pdf), '/pdf')
    if (found?.kind === 'image')
      throw invalid({
        path: '/pdf',
        message: kind === 'letter' ? 'is a picture; letters are made from PDF or HTML' : 'is a picture; give it as front or back',
      })
    if (found?.kind === 'pdf') out.pdf = asFile(found.bytes)
  }
  if (file !== undefined) {
    if (out.html !== undefined || out.pdf !== undefined)
      throw invalid({ path: '/file', message: 'is one too many beside html or pdf' })
    const text = textOf(file)
    const found = typeof file === 'string' ? await links.find(text, '/file', literal) : await links.file(text, '/file')
    Object.assign(
      out,
      found ? letterFile(found, '/file') : /^\s*</.test(text) || /\s/.test(text.trim()) ? { html: text } : { pdf: file },
    )
  }
  return out as I
}

const asSide = <S>(found: Found | undefined): S | undefined =>
  found && ((found.kind === 'html' ? { html: found.html } : { [found.kind]: asFile(found.bytes) }) as S)

const without = (fields: Given, name: keyof Given): Given => {
  delete fields[name]
  return fields
}
