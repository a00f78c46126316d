/**
 * Every product whose clients we serve, on one page. Where two document the same path and the key does not say whose client is
 * asking, the first one here is meant.
 */
import type { WebhookDialect } from '../webhooks/sign.ts'
import { product as mailbindr } from './mailbindr/product.ts'
import { product as mailbots } from './mailbots/product.ts'
import { product as mailboxkit } from './mailboxkit/product.ts'
import { product as maildrone } from './maildrone/product.ts'
import { product as mailstream } from './mailstream/product.ts'
import { credentialOf, type Product } from './product.ts'

const list = [mailboxkit, mailbots, mailstream, mailbindr, maildrone] as const
export const products: readonly Product[] = list

/** Whose clients a key may be made for; `pennypost` for those of the native API. */
export type KeyDialect = 'pennypost' | (typeof list)[number]['name']

/** How the keys of each begin, by mode. */
export const keyPrefixes = Object.fromEntries([
  ['pennypost', { live: 'pp_live_', test: 'pp_test_' }],
  ...products.map(({ name, keys }) => [name, keys]),
]) as Record<KeyDialect, Product['keys']>

/** How each writes and signs its webhooks. */
export const webhookDialects: Readonly<Record<string, WebhookDialect>> = Object.fromEntries(
  products.flatMap(({ name, webhooks }) => (webhooks ? [[name, webhooks]] : [])),
)

/** The word before the mode: `mbk` of `mbk_live_…`. */
const firstWord = (text: string): string => /^([a-z]+)_/i.exec(text)?.[1]?.toLowerCase() ?? ''
const byFirstWord = new Map(products.flatMap(({ name, keys }) => (firstWord(keys.live) ? [[firstWord(keys.live), name]] : [])))

/** Whose client is asking, as far as the form of its key tells. */
export const dialectOfKey = (headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined => {
  for (const product of products) {
    const name = byFirstWord.get(firstWord(credentialOf(product, headers) ?? ''))
    if (name) return name
  }
  return undefined
}

/** What requests are counted as: `v1`, `dialect` or `public`. */
export const surfaceOfPath = (path: string | undefined): 'v1' | 'dialect' | 'public' => {
  if (path?.startsWith('/v1/')) return 'v1'
  return products.some(({ name, root }) => path?.startsWith(`${root}/`) || path?.startsWith(`/${name}/`)) ? 'dialect' : 'public'
}
