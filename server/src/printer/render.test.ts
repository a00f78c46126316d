import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodePDFRawStream, PDFArray, PDFDict, PDFDocument, PDFName, PDFRawStream, rgb } from '@cantoo/pdf-lib'
import { PDFiumLibrary } from '@hyzyla/pdfium'
import type { LetterSpec } from './letter.ts'
import { encodePng } from './pdf/png.ts'
import type { PostcardSpec } from './postcard.ts'
import { PrintProblem, type PrintProblemCode } from './problem.ts'
import { makeProof } from './proof.ts'
import { createRenderer, type PieceSpec } from './render.ts'
import { samples } from './samples.ts'

const card: PostcardSpec = samples['postcard-4x6-handwritten']
const letter: LetterSpec = samples['letter-10-window']

const refuses = (code: PrintProblemCode, path?: string) => (error: unknown) => {
  assert.ok(error instanceof PrintProblem, String(error))
  assert.equal(error.code, code, error.message)
  if (path) assert.equal(error.path, path)
  assert.ok(error.fix.length > 10)
  return true
}

async function textOf(pdf: Uint8Array): Promise<string[]> {
  const library = await PDFiumLibrary.init()
  const document = await library.loadDocument(pdf)
  const texts = [...document.pages()].map(page => page.getText().replaceAll('\r\n', '\n'))
  document.destroy()
  library.destroy()
  return texts
}

/** All drawing operators of a file. */
async function operatorsOf(pdf: Uint8Array): Promise<string> {
  const document = await PDFDocument.load(pdf, { updateMetadata: false, throwOnInvalidObject: true })
  const streams = document.context
    .enumerateIndirectObjects()
    .map(([, object]) => object)
    .filter(object => object instanceof PDFRawStream)
  const drawings = streams.filter(
    ({ dict }) =>
      !['Length1', 'N'].some(key => dict.has(PDFName.of(key))) &&
      ![PDFName.of('Image'), PDFName.of('XML')].includes(dict.get(PDFName.of('Subtype')) as PDFName),
  )
  return drawings.map(stream => Buffer.from(decodePDFRawStream(stream).decode()).toString('latin1')).join('\n')
}

test('the samples pass preflight: QR code and barcode of the drawn page read back', async () => {
  const renderer = createRenderer()
  for (const [name, spec] of Object.entries(samples))
    assert.deepEqual(await renderer.preflight(spec), { problems: [], warnings: [] }, name)
})

test('the same spec gives the same bytes, whatever was rendered before', async () => {
  const fresh = createRenderer()
  const used = createRenderer()
  for (const spec of Object.values(samples).toReversed()) await used.render({ ...spec, seed: 'another' })
  for (const [name, spec] of Object.entries(samples)) {
    const first = await fresh.render(spec)
    assert.deepEqual(Buffer.compare(first.pdf, (await used.render(spec)).pdf), 0, name)
    assert.notEqual(Buffer.compare(first.pdf, (await used.render({ ...spec, created: new Date(0) })).pdf), 0)
  }
  const other = await fresh.render({ ...card, seed: 'another' })
  assert.notEqual(Buffer.compare(other.pdf, (await fresh.render(card)).pdf), 0)
})

test('a card has bleed, trim and two pages; a letter neither bleed nor more pages than it needs', async () => {
  const renderer = createRenderer()
  const piece = await renderer.render(card)
  assert.deepEqual([piece.pages, piece.width, piece.height, piece.trim], [2, 450, 306, { x: 9, y: 9, w: 432, h: 288 }])
  const document = await PDFDocument.load(piece.pdf)
  assert.deepEqual(document.getPage(1).getTrimBox(), { x: 9, y: 9, width: 432, height: 288 })
  const sheet = await renderer.render(letter)
  assert.deepEqual([sheet.pages, sheet.width, sheet.height], [1, 612, 792])
})

test('address and return address are text in capitals, embedded; the message is outlines', async () => {
  const renderer = createRenderer()
  const { pdf } = await renderer.render(card)
  const [front, back] = await textOf(pdf)
  assert.equal(front, '')
  for (const line of [
    'MARGARET HOLLOWAY',
    '1847 ORCHARD HILL RD APT 4B',
    'NORTHAMPTON MA 01060-2213',
    'THE COPPER KETTLE',
    'PERMIT NO. 417',
  ])
    assert.ok(back!.includes(line), line)
  assert.ok(!back!.includes('kettle was packed'))
  const document = await PDFDocument.load(pdf)
  const dictionaries = document.context
    .enumerateIndirectObjects()
    .map(([, object]) => object)
    .filter(object => object instanceof PDFDict)
  const fonts = dictionaries.filter(object => object.get(PDFName.of('Type')) === PDFName.of('FontDescriptor'))
  assert.ok(fonts.length > 0 && fonts.every(font => font.has(PDFName.of('FontFile2'))))
  assert.ok(dictionaries.every(object => !(object.get(PDFName.of('Annots')) instanceof PDFArray)))
})

test('all ink is process colour or tagged sRGB, text and codes black ink alone', async () => {
  const renderer = createRenderer()
  for (const spec of Object.values(samples)) {
    const operators = await operatorsOf((await renderer.render(spec)).pdf)
    const drawn = operators.replace(/<[^>]*>/g, '').replace(/\/S1 cs [\d. ]+ sc\b/g, '')
    assert.ok(!/(^|\s)(rg|RG|g|G|cs|CS|sc|SC|scn|SCN)(\s|$)/m.test(drawn))
    assert.match(operators, /^0 0 0 1 k$/m)
  }
})

test('every word of the letter is printed', async () => {
  const [text] = await textOf((await createRenderer().render(letter)).pdf)
  for (const words of [
    'Your membership renews soon',
    'Dear Margaret,',
    '30',
    'November',
    'your reserved shelf',
    'New this winter',
    'Ines Amaral',
    'Renew here',
  ])
    assert.ok(text!.includes(words), words)
})

test('refusals of a card name the part', async () => {
  const renderer = createRenderer()
  const cases: [PrintProblemCode, string, Partial<PostcardSpec>][] = [
    ['message_does_not_fit', 'back.message', { back: { kind: 'handwritten', message: 'word '.repeat(300) } }],
    ['missing_glyphs', 'back.message', { back: { kind: 'handwritten', message: 'Hello 😀' } }],
    ['missing_merge_value', 'back.message', { merge: {} }],
    ['merge_syntax', 'back.message', { back: { kind: 'handwritten', message: 'Hi {{' } }],
    ['missing_merge_value', 'qr.caption', { qr: { url: 'https://a.example/q', caption: '{{nothing}}' } }],
    ['message_does_not_fit', 'qr.caption', { qr: { url: 'https://a.example/q', caption: 'many words '.repeat(20) } }],
    ['unknown_design', 'front.design', { front: { kind: 'design', design: 'constructor' as 'sprig' } }],
    [
      'message_does_not_fit',
      'front.headline',
      { front: { kind: 'design', design: 'frame', headline: 'A headline that goes on '.repeat(6) } },
    ],
    ['missing_glyphs', 'front.headline', { front: { kind: 'design', design: 'frame', headline: '漢' } }],
    ['barcode_invalid', 'imb', { imb: { tracking: '123', routing: '' } }],
    ['qr_url_invalid', 'qr.url', { qr: { url: 'not a link' } }],
    ['address_incomplete', 'to', { to: { line1: '1 Main St', city: 'York', state: 'PA', zip: '17401' } }],
    ['address_incomplete', 'to', { to: { name: 'A', line1: '1 Main St', city: 'York', state: 'Penna', zip: '17401' } }],
    ['address_incomplete', 'from', { from: { name: 'A', line1: '1 Main St', city: 'York', state: 'PA', zip: '174' } }],
    ['address_does_not_fit', 'to', { to: { name: 'A'.repeat(60), line1: '1 Main St', city: 'York', state: 'PA', zip: '17401' } }],
    ['missing_glyphs', 'to', { to: { name: '山田', line1: '1 Main St', city: 'York', state: 'PA', zip: '17401' } }],
    ['indicia_does_not_fit', 'indicia', { indicia: ['1', '2', '3', '4', '5', '6'] }],
    ['html_not_supported', 'back.html', { back: { kind: 'html', html: '<table></table>' } }],
    ['html_does_not_fit', 'front.html', { front: { kind: 'html', html: '<p>long</p>'.repeat(60) } }],
    ['image_unreadable', 'front', { front: { kind: 'image', bytes: Buffer.from('no picture') } }],
    ['pdf_unreadable', 'front', { front: { kind: 'pdf', bytes: Buffer.from('no document') } }],
  ]
  for (const [code, path, change] of cases) {
    await assert.rejects(renderer.render({ ...card, ...change }), refuses(code, path), `${code} ${path}`)
    const { problems } = await renderer.preflight({ ...card, ...change })
    assert.deepEqual(
      problems.map(problem => problem.code),
      [code],
    )
  }
})

test('an address abroad ends with the country and needs no barcode', async () => {
  const to = {
    name: 'Żaneta Œrsted',
    line1: 'Kongens Nytorv 1',
    city: 'København',
    zip: '1050',
    country: 'DK',
    countryName: 'Denmark',
  }
  const { imb: _, ...abroad } = card
  const [, back] = await textOf((await createRenderer().render({ ...abroad, to })).pdf)
  assert.match(back!.replaceAll('\n', ' | '), /ŻANETA ŒRSTED .* KONGENS NYTORV 1 .* 1050 KØBENHAVN .* DENMARK/)
})

async function pageWithInk(width: number, height: number, x: number, y: number, pages = 1): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  for (let i = 0; i < pages; i++) document.addPage([width, height]).drawRectangle({ x, y, width: 20, height: 20 })
  return document.save()
}

test('artwork with ink in the address zone is found, artwork beside it is not', async () => {
  const renderer = createRenderer()
  const inside = await renderer.preflight({
    ...card,
    qr: { url: 'https://a.example/Q/1' },
    back: { kind: 'pdf', bytes: await pageWithInk(450, 306, 300, 30) },
  })
  assert.deepEqual(
    inside.problems.map(problem => problem.code),
    ['ink_in_address_zone'],
  )
  assert.match(inside.problems[0]!.message, /4\.1\d inches from the left and 3\.5\d from the top/)
  const clear = await renderer.preflight({
    ...card,
    qr: { url: 'https://a.example/Q/1' },
    back: { kind: 'pdf', bytes: await pageWithInk(450, 306, 100, 200) },
  })
  assert.deepEqual(clear.problems, [])
  const window = await renderer.preflight({
    ...withoutQr(letter),
    body: { kind: 'pdf', bytes: await pageWithInk(612, 792, 100, 600) },
  })
  assert.deepEqual(
    window.problems.map(problem => problem.code),
    ['ink_in_address_zone'],
  )
})

const withoutQr = ({ qr: _, ...spec }: LetterSpec): LetterSpec => spec

test('a finished PDF becomes a letter, with a cover sheet when asked', async () => {
  const renderer = createRenderer()
  const bytes = await pageWithInk(612, 792, 400, 100, 3)
  assert.equal((await renderer.render({ ...withoutQr(letter), body: { kind: 'pdf', bytes } })).pages, 3)
  const covered: LetterSpec = {
    ...withoutQr(letter),
    body: { kind: 'pdf', bytes: await pageWithInk(612, 792, 100, 600, 3), address: 'cover_page' },
  }
  assert.equal((await renderer.render(covered)).pages, 5)
  assert.equal((await renderer.render({ ...covered, doubleSided: false })).pages, 4)
  assert.deepEqual((await renderer.preflight(covered)).problems, [])
  await assert.rejects(
    renderer.render({ ...withoutQr(letter), body: { kind: 'pdf', bytes: await pageWithInk(612, 792, 400, 100, 13) } }),
    refuses('pdf_too_many_pages', 'body'),
  )
  await assert.rejects(renderer.render({ ...letter, body: { kind: 'pdf', bytes } }), refuses('no_room_in_artwork', 'qr'))
  await assert.rejects(
    renderer.render({ ...card, back: { kind: 'pdf', bytes: await pageWithInk(450, 306, 100, 200) } }),
    refuses('no_room_in_artwork', 'qr.caption'),
  )
})

test('a long letter flows over pages; five address lines are too many beside a barcode', async () => {
  const renderer = createRenderer()
  const long = await renderer.render({
    ...letter,
    body: { kind: 'html', html: `<p>${'All work and some play. '.repeat(400)}</p>` },
  })
  assert.ok(long.pages > 2 && long.pages < 8)
  await assert.rejects(
    renderer.render({ ...letter, body: { kind: 'html', html: `<p>${'All work and some play. '.repeat(4000)}</p>` } }),
    refuses('html_does_not_fit', 'body.html'),
  )
  const crowded = {
    name: 'A',
    company: 'B',
    line1: 'C',
    line2: 'D',
    city: 'København',
    zip: '1050',
    country: 'DK',
    countryName: 'Denmark',
  }
  await assert.rejects(renderer.render({ ...letter, to: crowded }), refuses('address_does_not_fit', 'to'))
  const handwritten = await renderer.render({
    ...letter,
    body: { kind: 'handwritten', message: 'Dear {{first_name}},\n\nall is well.', pen: 'homemade-apple' },
  })
  assert.equal(handwritten.pages, 1)
})

test('proofs are PNG files cut at the trim', async () => {
  const renderer = createRenderer()
  const pages = await makeProof(await renderer.render(card))
  assert.equal(pages.length, 2)
  for (const [size, width] of [
    ['small', 320],
    ['medium', 640],
    ['large', 1280],
  ] as const) {
    const png = Buffer.from(pages[0]![size])
    assert.equal(png.readUInt32BE(0), 0x89504e47)
    assert.ok(Math.abs(png.readUInt32BE(16) - width) <= 1)
    assert.ok(Math.abs(png.readUInt32BE(20) - (width * 2) / 3) <= 1)
  }
})

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

test('many pieces go into few files; one that cannot be printed is listed and holds up nobody', async () => {
  const renderer = createRenderer()
  function* specs(): Generator<PieceSpec> {
    for (let i = 0; i < 25; i++)
      yield { ...card, seed: `piece ${i}`, merge: i === 7 ? {} : { first_name: `Ada ${i}` }, row: `row ${i + 1}` }
  }
  const options = { piecesPerFile: 10, title: 'Job 1', created: card.created }
  const files = await collect(renderer.impose(specs(), options))
  assert.deepEqual(
    files.map(file => file.pieces.length),
    [10, 10, 4],
  )
  assert.deepEqual(
    files.flatMap(file => file.pieces.map(piece => piece.index)),
    [...Array(25).keys()].filter(i => i !== 7),
  )
  assert.deepEqual(
    files.flatMap(file => file.refused.map(({ index, problem }) => [index, problem.message])),
    [[7, 'The merge field "first_name" has no value for row 8.']],
  )
  for (const file of files) {
    const document = await PDFDocument.load(file.pdf, { throwOnInvalidObject: true })
    assert.equal(document.getPageCount(), file.pieces.length * 2)
    assert.deepEqual(
      file.pieces.map(piece => piece.firstPage),
      file.pieces.map((_, i) => 1 + 2 * i),
    )
  }
  const single = (await renderer.render(card)).pdf.length
  assert.ok(files[0]!.pdf.length < 4 * single, 'glyphs, fonts and fronts are shared')
  const again = await collect(createRenderer().impose(specs(), options))
  assert.deepEqual(
    again.map(file => Buffer.compare(file.pdf, files[again.indexOf(file)]!.pdf)),
    [0, 0, 0],
  )
  await assert.rejects(collect(renderer.impose([{ ...card, front: undefined } as unknown as PieceSpec], options)), TypeError)
})

test('printed on both sides, every piece of a file begins on a sheet of its own', async () => {
  const renderer = createRenderer()
  const long: LetterSpec = { ...letter, body: { kind: 'html', html: `<p>${'All work and some play. '.repeat(400)}</p>` } }
  const { pages } = await renderer.render(long)
  assert.equal(pages, 3)
  const specs = [letter, long, { ...long, doubleSided: false }, letter]
  const [file] = await collect(renderer.impose(specs, { piecesPerFile: 10, title: 'Job 2', created: letter.created }))
  assert.deepEqual(
    file!.pieces.map(piece => [piece.firstPage, piece.pages]),
    [
      [1, 2],
      [3, 4],
      [7, 6],
      [13, 2],
    ],
  )
  const texts = await textOf(file!.pdf)
  assert.deepEqual(
    texts.flatMap((text, i) => (text.trim() === '' ? [i + 1] : [])),
    [2, 6, 8, 10, 12, 14],
  )
})

/** A picture of one colour, dark enough to be ink. */
function picture(width: number, height: number): Uint8Array {
  return encodePng({ width, height, data: new Uint8Array(width * height * 4).fill(120) }, 0, 0, width, height)
}

test('pictures fill a front; their shape and resolution are checked', async () => {
  const renderer = createRenderer()
  const front = (bytes: Uint8Array): PostcardSpec => ({ ...card, front: { kind: 'image', bytes } })
  assert.deepEqual((await renderer.render(front(picture(1875, 1275)))).warnings, [])
  assert.deepEqual(
    (await renderer.render(front(picture(1250, 850)))).warnings.map(({ code, path }) => [code, path]),
    [['low_resolution', 'front']],
  )
  await assert.rejects(renderer.render(front(picture(1275, 1875))), refuses('image_wrong_shape', 'front'))
  await assert.rejects(renderer.render(front(picture(450, 306))), refuses('image_resolution_too_low', 'front'))
  const back = await renderer.preflight({
    ...card,
    qr: { url: 'https://a.example/Q/1' },
    back: { kind: 'image', bytes: picture(1875, 1275) },
  })
  assert.deepEqual(
    back.problems.map(problem => problem.code),
    ['ink_in_address_zone', 'barcode_unreadable'],
  )
})

test('artwork may fill everything but the address zone, where all our parts stand', async () => {
  const document = await PDFDocument.create()
  const page = document.addPage([450, 306])
  page.drawRectangle({ x: 0, y: 0, width: 450, height: 306 })
  page.drawRectangle({ x: 193, y: 18, width: 238, height: 171.5, color: rgb(1, 1, 1) })
  const spec: PostcardSpec = {
    ...card,
    qr: { url: 'https://a.example/Q/1' },
    back: { kind: 'pdf', bytes: await document.save() },
  }
  assert.deepEqual((await createRenderer().preflight(spec)).problems, [])
})
