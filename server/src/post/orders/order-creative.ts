/**
 * What the pieces of an order look like: the kinds of campaign there are, and a creative that is put together step by step while the
 * order is a draft. Complete, it is what creative.ts calls a stored creative.
 */
import type { Static } from 'typebox'
import Type from 'typebox'
import { limits } from '../../limits.ts'
import { invalid } from '../../problems.ts'
import { letterSizes, type PieceSize, postcardSizes } from '../money/prices.ts'
import {
  type Keep,
  letterCreative,
  letterOf,
  postcardCreative,
  postcardOf,
  type StoredCreative,
  type StoredLetter,
  type StoredPostcard,
} from '../pieces/creative.ts'

interface Campaign {
  kind: 'postcard' | 'letter'
  sizes: readonly PieceSize[]
  /** Fields that mean nothing for it. */
  without: readonly string[]
  says: string
}

const letterOnly = ['address_page', 'double_sided', 'file']
const postcardOnly = ['front', 'back', 'design', 'headline']
const hand = ['message', 'pen', 'ink']

/** What can be ordered. */
export const campaigns = {
  handwritten: {
    kind: 'postcard',
    sizes: postcardSizes,
    without: [...letterOnly, 'back', 'html', 'pdf'],
    says: 'A postcard with the message written by hand.',
  },
  printed: {
    kind: 'postcard',
    sizes: postcardSizes,
    without: [...letterOnly, ...hand],
    says: 'A postcard from HTML, a PDF or pictures.',
  },
  handwritten_letter: {
    kind: 'letter',
    sizes: letterSizes,
    without: [...postcardOnly, 'html', 'pdf', 'address_page'],
    says: 'A letter written by hand.',
  },
  letter: { kind: 'letter', sizes: letterSizes, without: [...postcardOnly, ...hand], says: 'A letter from HTML or a PDF.' },
} as const satisfies Record<string, Campaign>

export type CampaignType = keyof typeof campaigns

export const campaignOf = (type: string): Campaign => campaigns[type as CampaignType]

/** A creative that may lack a side. */
export type Draft = (Partial<StoredPostcard> | Partial<StoredLetter>) & { qr_caption?: string; confirm_literal?: true }

/** Fields of a request that say what is on the pieces of an order. */
export const orderCreative = {
  ...postcardCreative,
  ...letterCreative,
  html: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: limits.printedHtmlCharacters,
      description: 'The address side of a printed postcard, or the letter.',
    }),
  ),
}
const Fields = Type.Object(orderCreative)
export type CreativeInput = Static<typeof Fields>

const frontFields = ['front', 'design', 'headline'] as const
const backFields = ['back', 'message', 'pen', 'ink', 'html'] as const
const bodyFields = ['message', 'pen', 'ink', 'html', 'pdf', 'address_page', 'double_sided'] as const

const given = <K extends keyof CreativeInput>(input: CreativeInput, names: readonly K[]): Pick<CreativeInput, K> =>
  Object.fromEntries(names.flatMap(name => (input[name] === undefined ? [] : [[name, input[name]]]))) as Pick<CreativeInput, K>

const isEmpty = (fields: object): boolean => Object.keys(fields).length === 0

/** A draft with the given fields put into it. Throws invalid_input for what its campaign does not have. */
export const draftWith = async (type: CampaignType, before: Draft, input: CreativeInput, keep: Keep): Promise<Draft> => {
  const { kind, without } = campaignOf(type)
  const alien = without.find(name => input[name as keyof CreativeInput] !== undefined)
  if (alien) {
    const fitting = Object.keys(campaigns).filter(name => !campaignOf(name).without.includes(alien))
    throw invalid({
      path: `/${alien}`,
      message: `is not part of a ${type.replace('_', ' ')} campaign, but of campaign_type ${fitting.join(' or ')}`,
    })
  }
  if (kind === 'letter') return { ...before, ...(await body(before as Partial<StoredLetter>, given(input, bodyFields), keep)) }
  if (input.pdf !== undefined)
    return { ...before, ...(await postcardOf(given(input, ['pdf', ...frontFields, ...backFields]), keep)) }
  const postcard = before as Partial<StoredPostcard>
  return {
    ...before,
    ...(await front(postcard, given(input, frontFields), keep)),
    ...(await back(postcard, given(input, backFields), keep)),
  }
}

/** Pen and ink may come later than the words, and the words may be changed alone. */
const handwriting = (before: StoredPostcard['back'] | StoredLetter['body'] | undefined): CreativeInput =>
  before?.kind === 'handwritten' ? given(before as CreativeInput, hand as ['message', 'pen', 'ink']) : {}

const mentionsHand = (fields: CreativeInput): boolean => hand.some(name => fields[name as 'message'] !== undefined)

const front = async (before: Partial<StoredPostcard>, fields: CreativeInput, keep: Keep): Promise<Partial<StoredPostcard>> => {
  if (isEmpty(fields)) return before.front ? {} : { front: (await postcardOf({ message: '-' }, keep)).front }
  const design =
    before.front?.kind === 'design' && fields.design === undefined && fields.front === undefined ? before.front.design : undefined
  return { front: (await postcardOf({ ...(design ? { design } : {}), ...fields, message: '-' }, keep)).front }
}

const back = async (before: Partial<StoredPostcard>, fields: CreativeInput, keep: Keep): Promise<Partial<StoredPostcard>> => {
  if (isEmpty(fields)) return {}
  const written = mentionsHand(fields) ? { ...handwriting(before.back), ...fields } : fields
  if (mentionsHand(written) && written.message === undefined)
    throw invalid({ path: '/message', message: 'is required with a pen or ink' })
  return { back: (await postcardOf(written, keep)).back }
}

const body = async (before: Partial<StoredLetter>, fields: CreativeInput, keep: Keep): Promise<Partial<StoredLetter>> => {
  if (isEmpty(fields)) return {}
  const { double_sided, ...content } = fields
  const sides = { double_sided: double_sided ?? before.double_sided ?? true }
  if (isEmpty(content)) return sides
  const written = mentionsHand(content) ? { ...handwriting(before.body), ...content } : content
  if (mentionsHand(written) && written.message === undefined)
    throw invalid({ path: '/message', message: 'is required with a pen or ink' })
  return await letterOf({ ...written, ...sides }, keep)
}

/** The words of a draft that are written by hand, or null. */
export const messageOf = (draft: Draft): string | null => {
  const side = 'body' in draft ? draft.body : (draft as Partial<StoredPostcard>).back
  return side?.kind === 'handwritten' ? side.message : null
}

export const designOf = (draft: Draft): string | null => {
  const side = (draft as Partial<StoredPostcard>).front
  return side?.kind === 'design' ? side.design : null
}

/** The draft as a stored creative when nothing is missing; otherwise what is. */
export const complete = (type: string, draft: Draft): { creative: StoredCreative } | { missing: string } => {
  const { kind, without } = campaignOf(type)
  const has = kind === 'letter' ? 'body' in draft && draft.body : 'back' in draft && draft.back && draft.front
  if (has) return { creative: draft as StoredCreative }
  return { missing: without.includes('message') ? 'html' : 'message' }
}
