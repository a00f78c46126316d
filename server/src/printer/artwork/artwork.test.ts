import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { degrees, PDFDocument, PDFName, rgb, StandardFonts } from '@cantoo/pdf-lib'
import { PdfFile, type PdfObject } from '../pdf/pdf.ts'
import { PrintProblem } from '../problem.ts'
import { Library } from './artwork-cache.ts'
import { type Bitmap, importPdf, rasterise } from './untrusted.ts'

const card = { width: 450, height: 306, minPages: 1, maxPages: 2 }

const refuses =
  (code: string, message = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof PrintProblem, String(error))
    assert.equal(error.code, code, error.message)
    assert.equal(error.path, 'front')
    assert.match(error.message, message)
    return true
  }

async function made(build: (document: PDFDocument) => void | Promise<void>): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  await build(document)
  return document.save()
}

/** A card with a red square in its upper left corner. */
const redCorner = (document: PDFDocument, size: [number, number] = [450, 306]) => {
  const page = document.addPage(size)
  page.drawRectangle({ x: 0, y: size[1] - 50, width: 50, height: 50, color: rgb(1, 0, 0) })
  return page
}

async function draw(form: PdfObject): Promise<Bitmap> {
  const file = new PdfFile()
  file.page({ width: 450, height: 306, trim: { x: 9, y: 9, w: 432, h: 288 }, layers: [form] })
  return (await rasterise(file.finish({ title: 't', created: new Date(0) }), 1, 'x'))[0]!
}

function colour({ width, data }: Bitmap, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)]
}

const red = [255, 0, 0]
const white = [255, 255, 255]
let plain: Uint8Array

before(async () => {
  plain = await made(document => void redCorner(document))
})

test('a page becomes a form which draws the same', async () => {
  const [form] = await importPdf(plain, card, 'front')
  const picture = await draw(form!)
  assert.deepEqual(colour(picture, 20, 20), red)
  assert.deepEqual(colour(picture, 60, 60), white)
})

test('turned pages, shifted boxes and pages with crop marks lie right', async () => {
  const turned = await made(document => {
    // Lying on its side: turned by 90 degrees clockwise, its lower left corner comes to the upper left.
    const page = document.addPage([306, 450])
    page.drawRectangle({ x: 0, y: 0, width: 50, height: 50, color: rgb(1, 0, 0) })
    page.setRotation(degrees(90))
  })
  const upsideDown = await made(document => {
    const page = document.addPage([450, 306])
    page.drawRectangle({ x: 400, y: 0, width: 50, height: 50, color: rgb(1, 0, 0) })
    page.setRotation(degrees(180))
  })
  const marked = await made(document => {
    const page = document.addPage([500, 356])
    page.drawRectangle({ x: 0, y: 0, width: 500, height: 20, color: rgb(0, 0, 0) })
    page.drawRectangle({ x: 25, y: 281, width: 50, height: 50, color: rgb(1, 0, 0) })
    page.setBleedBox(25, 25, 450, 306)
  })
  for (const [name, bytes] of Object.entries({ turned, upsideDown, marked })) {
    const picture = await draw((await importPdf(bytes, card, 'front'))[0]!)
    assert.deepEqual(colour(picture, 20, 20), red, name)
    assert.deepEqual(colour(picture, 60, 60), white, name)
    assert.deepEqual(colour(picture, 225, 303), white, name)
  }
})

test('several content streams are joined', async () => {
  const bytes = await made(document => {
    const page = redCorner(document)
    const more = document.context.register(document.context.flateStream('0 0 1 rg 100 100 50 50 re f'))
    page.node.addContentStream(more)
  })
  const picture = await draw((await importPdf(bytes, card, 'front'))[0]!)
  assert.deepEqual(colour(picture, 20, 20), red)
  assert.deepEqual(colour(picture, 125, 306 - 125), [0, 0, 255])
})

test('an empty page is an empty page', async () => {
  const picture = await draw((await importPdf(await made(document => void document.addPage([450, 306])), card, 'front'))[0]!)
  assert.deepEqual(colour(picture, 20, 20), white)
})

test('wrong sizes and page counts are refused with the figures', async () => {
  const trimOnly = await made(document => void redCorner(document, [432, 288]))
  await assert.rejects(importPdf(trimOnly, card, 'front'), refuses('pdf_wrong_size', /6 × 4 inches; it must be 6.25 × 4.25/))
  const three = await made(document => [1, 2, 3].forEach(() => void redCorner(document)))
  await assert.rejects(importPdf(three, card, 'front'), refuses('pdf_too_many_pages', /3 pages; 2/))
  await assert.rejects(importPdf(plain, { ...card, minPages: 2 }, 'front'), refuses('pdf_too_few_pages', /1 page; 2/))
})

test('encrypted files are refused', async () => {
  const document = await PDFDocument.create()
  redCorner(document)
  document.encrypt({ userPassword: 'secret', ownerPassword: 'secret' })
  await assert.rejects(importPdf(await document.save(), card, 'front'), refuses('pdf_encrypted'))
})

test('fonts must be embedded', async () => {
  const bytes = await made(async document => {
    redCorner(document).drawText('Hello', { font: await document.embedFont(StandardFonts.TimesRoman) })
  })
  await assert.rejects(importPdf(bytes, card, 'front'), refuses('pdf_fonts_not_embedded', /Times-Roman/))
})

test('form fields, hidden layers and references to other files are refused', async () => {
  const field = await made(document => {
    const page = redCorner(document)
    document.getForm().createTextField('name').addToPage(page)
  })
  await assert.rejects(importPdf(field, card, 'front'), refuses('pdf_has_annotations', /Page 1/))
  const hidden = await made(document => {
    redCorner(document)
    const layer = document.context.register(document.context.obj({ Type: 'OCG', Name: 'Template' }))
    document.catalog.set(PDFName.of('OCProperties'), document.context.obj({ OCGs: [layer], D: { OFF: [layer] } }))
  })
  await assert.rejects(importPdf(hidden, card, 'front'), refuses('pdf_too_complex', /hidden layers/))
  const external = await made(document => {
    const page = redCorner(document)
    const stream = document.context.stream('x', {
      Type: 'XObject',
      Subtype: 'Image',
      F: document.context.obj({ F: '/etc/passwd' }),
    })
    page.node.setXObject(PDFName.of('Outside'), document.context.register(stream))
  })
  await assert.rejects(importPdf(external, card, 'front'), refuses('pdf_too_complex', /another file/))
})

test('a link on the page does no harm', async () => {
  const bytes = await made(document => {
    const page = redCorner(document)
    const link = document.context.register(document.context.obj({ Type: 'Annot', Subtype: 'Link', Rect: [0, 0, 9, 9] }))
    page.node.addAnnot(link)
  })
  assert.equal((await importPdf(bytes, card, 'front')).length, 1)
})

test('garbage, cut off and oversized files are refused', async () => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from('hello'),
    Buffer.from('%PDF-1.7\n'),
    plain.subarray(0, 200),
    Buffer.from(`%PDF-1.7\n${'['.repeat(200_000)}`),
  ]) {
    await assert.rejects(importPdf(bytes, card, 'front'), refuses('pdf_unreadable'))
  }
  for (const part of [0.6, 0.95])
    await assert.rejects(
      importPdf(plain.subarray(0, plain.length * part), card, 'front'),
      refuses('pdf_unreadable', /cut off|damaged/),
    )
  await assert.rejects(importPdf(Buffer.alloc(10_485_761), card, 'front'), refuses('pdf_too_large', /10 MB/))
})

test('a content bomb of many streams is refused', async () => {
  const bytes = await made(document => {
    const page = redCorner(document)
    const zeros = deflateSync(Buffer.alloc(100_000_000, 0x20))
    page.node.addContentStream(document.context.register(document.context.stream(zeros, { Filter: 'FlateDecode' })))
  })
  await assert.rejects(importPdf(bytes, card, 'front'), refuses('pdf_too_complex', /64 MB/))
})

test('a file that cannot be drawn in time or memory is given up, and the next one is served', async () => {
  // 50,000 forms, each drawing the next twice: far more than there is time for.
  const bytes = await made(document => {
    const { context } = document
    let inner = context.register(context.stream('0 0 450 306 re f', { Type: 'XObject', Subtype: 'Form', BBox: [0, 0, 450, 306] }))
    for (let i = 0; i < 24; i++) {
      const dictionary = { Type: 'XObject', Subtype: 'Form', BBox: [0, 0, 450, 306], Resources: { XObject: { A: inner } } }
      inner = context.register(context.stream('/A Do /A Do /A Do /A Do', dictionary))
    }
    const page = document.addPage([450, 306])
    page.node.setXObject(PDFName.of('A'), inner)
    page.node.addContentStream(context.register(context.stream('/A Do')))
  })
  const slow = rasterise(bytes, 1, 'front')
  const next = importPdf(plain, card, 'front')
  await assert.rejects(slow, refuses('pdf_too_complex', /seconds/))
  assert.equal((await next).length, 1)
})

test('a shared PDF is read once', async () => {
  const library = new Library()
  const [first, second] = await Promise.all([library.pdfPages(plain, card, 'front'), library.pdfPages(plain, card, 'front')])
  assert.equal(first[0], second[0])
})
