/**
 * What signing costs: messages composed, and composed and signed with RSA-2048, with Ed25519, and with both (as a verified domain's
 * mail is). Signatures are made in libuv's threads while the next message is composed, as in the worker; keys are parsed once.
 * The last line is what it would cost to parse the RSA key for every message. Sides take turns; medians of the rounds.
 *
 *     node server/bench/run-benches.ts signing
 */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { compose } from '../src/email/mime/compose.ts'
import { type DkimKey, signMessage } from '../src/email/signing/dkim.ts'
import { median } from './measure.ts'

const rounds = 5
const underWay = 16
const sizes = {
  '4 KB text': { text: 86, html: 0, messages: 1500 },
  '30 KB text and HTML': { text: 86, html: 500, messages: 600 },
}

const pem = String(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }))
const rsa: DkimKey = { domain: 'example.com', selector: 'default', key: createPrivateKey(pem) }
const ed25519: DkimKey = { domain: 'example.com', selector: 'ed25519', key: generateKeyPairSync('ed25519').privateKey }
const sides: Record<string, () => DkimKey[]> = {
  'composed only': () => [],
  'and signed: Ed25519': () => [ed25519],
  'and signed: RSA-2048': () => [rsa],
  'and signed: both': () => [rsa, ed25519],
  'RSA-2048, key parsed each time': () => [{ ...rsa, key: createPrivateKey(pem) }],
}

const line = 'It is on the way and should be with you soon.\n'
const now = new Date('2026-03-01T12:00:00Z')

const one = async (number: number, { text, html }: { text: number; html: number }, keys: DkimKey[]): Promise<number> => {
  const raw = compose({
    messageId: `<${number}@example.com>`,
    date: now,
    from: { address: 'shop@example.com', name: 'The Shop' },
    to: [`customer${number}@example.net`],
    subject: `Your order ${number} has shipped`,
    text: line.repeat(text),
    ...(html > 0 ? { html: `<p>${line.repeat(html)}</p>` } : {}),
  })
  return keys.length > 0 ? Buffer.concat([await signMessage(raw, keys, { now }), raw]).length : raw.length
}

/** Messages per second. */
const measure = async (size: (typeof sizes)[keyof typeof sizes], keys: () => DkimKey[]): Promise<number> => {
  let next = 0
  const from = performance.now()
  await Promise.all(
    Array.from({ length: underWay }, async () => {
      while (next < size.messages) await one(next++, size, keys())
    }),
  )
  return size.messages / ((performance.now() - from) / 1000)
}

for (const [name, size] of Object.entries(sizes)) {
  const rates: Record<string, number[]> = Object.fromEntries(Object.keys(sides).map(side => [side, []]))
  for (let round = 0; round <= rounds; round++)
    for (const [side, keys] of Object.entries(sides)) {
      const rate = await measure(size, keys)
      if (round > 0) rates[side]!.push(rate) // the first round warms up
    }
  const [plain] = Object.values(rates).map(median)
  console.log(
    `\n${name}, ${((await one(0, size, [])) / 1024).toFixed(1)} KB on the wire, ${size.messages} messages, ${underWay} under way`,
  )
  for (const [side, measured] of Object.entries(rates))
    console.log(
      `${side.padEnd(32)} ${median(measured).toFixed(0).padStart(7)}/s  ratio ${(median(measured) / plain!).toFixed(2)}`,
    )
}
