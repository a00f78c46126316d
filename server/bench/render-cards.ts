/**
 * Handwritten 4x6 postcards, front and back, as finished PDFs: every piece has its own text, name, seed, barcode and QR code.
 * Against: the same pages with the message in type instead of handwriting. One core (rendering never leaves its thread).
 *
 *     node server/bench/run-benches.ts render [pieces]
 *
 * Seen: 640 pieces/s against 1,297/s in type (0.49); 788/s imposed by 500.
 */
import { seeded } from '../src/printer/handwriting/random.ts'
import type { BackArt, PostcardSpec } from '../src/printer/postcard.ts'
import { createRenderer } from '../src/printer/render.ts'

const PIECES = Number(process.argv[3] ?? 1500)
const WARM_UP = 200

const openings = [
  'Thank you so much for',
  'I wanted to write to you about',
  'It was a real pleasure to see',
  'We are all still talking about',
  'Let me thank you again for',
]
const middles = [
  'your visit last week',
  'the lovely photographs you sent',
  'your order of the blue kettle',
  'the afternoon at the market',
  'everything you did for the library',
]
const endings = [
  'Do come by when you are in town.',
  'There is a cup of tea waiting for you.',
  'Call me any time, day or night.',
  'The children send their love.',
  'The next one is on us.',
]
const syllables = [
  'mar',
  'ga',
  'ret',
  'el',
  'ea',
  'nor',
  'ho',
  'lo',
  'wan',
  'da',
  'bri',
  'tu',
  'son',
  'ki',
  'lin',
  'os',
  'wald',
  'ma',
]

/** A message of about 280 characters which no other piece has, with names no cache has seen. */
function message(number: number): { text: string; name: string } {
  const random = seeded(`bench ${number}`)
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)]!
  const name = Array.from({ length: 3 }, () => pick(syllables)).join('')
  const first = name[0]!.toUpperCase() + name.slice(1)
  const lines = Array.from({ length: 3 }, () => `${pick(openings)} ${pick(middles)}. ${pick(endings)}`)
  return { name: first, text: `Dear ${first},\n\n${lines.join(' ')}\n\nNumber ${number} is yours.\n\nWarmly,\nEleanor` }
}

function spec(number: number, back: (text: string) => BackArt): PostcardSpec {
  const { text, name } = message(number)
  const digits = String(number).padStart(9, '0')
  return {
    kind: 'postcard',
    size: '4x6',
    front: { kind: 'design', design: 'sprig' },
    back: back(text),
    to: { name: `${name} Holloway`, line1: `${number} Orchard Hill Rd`, city: 'Northampton', state: 'MA', zip: '01060-2213' },
    from: { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' },
    imb: { tracking: `00310902147${digits}`, routing: '010602213' },
    qr: { url: `https://mail.example.com/Q/${digits}` },
    indicia: ['FIRST-CLASS MAIL', 'U.S. POSTAGE PAID', 'PORTLAND ME', 'PERMIT NO. 417'],
    seed: `piece ${number}`,
    created: new Date(0),
  }
}

const handwritten = (message: string): BackArt => ({ kind: 'handwritten', message })
const typed = (text: string): BackArt => ({
  kind: 'html',
  html: `<p style="font-size: 9pt">${text.replaceAll('\n\n', '</p><p style="font-size: 9pt">').replaceAll('\n', '<br>')}</p>`,
})

/** Pieces per second of processor time, and the mean size of a file in KB. */
async function measure(back: (text: string) => BackArt): Promise<{ rate: number; kilobytes: number }> {
  const renderer = createRenderer()
  for (let i = 0; i < WARM_UP; i++) await renderer.render(spec(i, back))
  let bytes = 0
  const before = process.cpuUsage()
  for (let i = 0; i < PIECES; i++) bytes += (await renderer.render(spec(WARM_UP + i, back))).pdf.length
  const { user, system } = process.cpuUsage(before)
  return { rate: PIECES / ((user + system) / 1e6), kilobytes: bytes / PIECES / 1024 }
}

async function measureImposed(): Promise<{ rate: number; kilobytes: number; grown: number }> {
  const renderer = createRenderer()
  const count = PIECES * 2
  const specs = Array.from({ length: count }, (_, i) => i)
    .values()
    .map(i => spec(i, handwritten))
  const options = { piecesPerFile: 500, title: 'Bench', created: new Date(0) }
  const memory = process.memoryUsage().rss
  let [bytes, most] = [0, memory]
  const before = process.cpuUsage()
  for await (const file of renderer.impose(specs, options)) {
    bytes += file.pdf.length
    most = Math.max(most, process.memoryUsage().rss)
  }
  const { user, system } = process.cpuUsage(before)
  return { rate: count / ((user + system) / 1e6), kilobytes: bytes / count / 1024, grown: (most - memory) / 1024 / 1024 }
}

/** Preflights per second of processor time (two threads: ours, and the one that draws). */
async function measurePreflight(): Promise<number> {
  const renderer = createRenderer()
  const count = Math.ceil(PIECES / 10)
  for (let i = 0; i < 10; i++) await renderer.preflight(spec(i, handwritten))
  const before = process.cpuUsage()
  for (let i = 0; i < count; i++) {
    const { problems } = await renderer.preflight(spec(WARM_UP + i, handwritten))
    if (problems.length > 0) throw problems[0]
  }
  const { user, system } = process.cpuUsage(before)
  return count / ((user + system) / 1e6)
}

const ours = await measure(handwritten)
const plain = await measure(typed)
const imposed = await measureImposed()
const checked = await measurePreflight()
const row = (name: string, rate: number, kilobytes: number) =>
  console.log(`${name.padEnd(46)} ${rate.toFixed(0).padStart(6)} pieces/s  ${kilobytes.toFixed(1).padStart(6)} KB each`)
row('handwritten 4x6, one PDF each', ours.rate, ours.kilobytes)
row('the same in type, one PDF each', plain.rate, plain.kilobytes)
row(`handwritten 4x6, ${PIECES * 2} pieces, 500 per PDF`, imposed.rate, imposed.kilobytes)
console.log(`${'preflight: drawn, QR code and barcode read back'.padEnd(46)} ${checked.toFixed(0).padStart(6)} pieces/s`)
console.log(
  `ratio handwritten / typed: ${(ours.rate / plain.rate).toFixed(2)}; memory grew ${imposed.grown.toFixed(0)} MB while imposing; goal 300 pieces/s per core`,
)
