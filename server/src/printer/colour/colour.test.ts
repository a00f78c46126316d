/** One conversion of colour for pictures, backgrounds and words, and what makes a file PDF/X-4. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deflateSync } from 'node:zlib'
import { PDFArray, PDFDict, PDFDocument, PDFHexString, PDFName, PDFRawStream, PDFString, rgb } from '@cantoo/pdf-lib'
import { Library } from '../artwork/artwork-cache.ts'
import { readPicture } from '../artwork/images.ts'
import { type Bitmap, rasterise } from '../artwork/untrusted.ts'
import { designs } from '../designs.ts'
import { inks } from '../handwriting/handwriting.ts'
import { PdfFile, type PdfObject } from '../pdf/pdf.ts'
import { encodePng } from '../pdf/png.ts'
import { composePostcard, type PostcardSpec } from '../postcard.ts'
import { createRenderer } from '../render.ts'
import { samples } from '../samples.ts'
import { MOST_INK } from './colours.ts'
import { outputProfile, pictureCmyk, sRgbProfile } from './profiles.ts'

const to = { name: 'Jane Doe', line1: '12 Oak Ave', city: 'Boston', state: 'MA', zip: '02139' }
const solid = (width: number, height: number, [r, g, b]: readonly number[]): Buffer => {
  const data = new Uint8Array(width * height * 4)
  for (let i = 0; i < data.length; i += 4) data.set([r!, g!, b!, 255], i)
  return Buffer.from(encodePng({ width, height, data }, 0, 0, width, height))
}
const html = (back: string): PostcardSpec => ({
  kind: 'postcard',
  size: '6x9',
  front: { kind: 'design', design: 'sprig' },
  back: { kind: 'html', html: back },
  to,
  from: to,
  seed: 's',
  created: new Date(0),
})
const pixel = ({ width, data }: Bitmap, x: number, y: number) => [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)]

/** All objects of a file, packed streams as they are. */
const objectsOf = async (pdf: Uint8Array) => {
  const document = await PDFDocument.load(pdf, { updateMetadata: false, throwOnInvalidObject: true })
  return { document, objects: document.context.enumerateIndirectObjects().map(([, object]) => object) }
}

describe('one conversion of colour', () => {
  it('a picture and a background of the same colour look the same', async () => {
    const renderer = createRenderer()
    for (const [hex, colour] of [
      ['#00aa55', [0, 170, 85]],
      ['#cc3300', [204, 51, 0]],
      ['#808080', [128, 128, 128]],
      ['#000000', [0, 0, 0]],
      ['#1133ee', [17, 51, 238]],
    ] as const) {
      const picture = `data:image/png;base64,${solid(300, 60, colour).toString('base64')}`
      const { pdf } = await renderer.render(
        html(`<div style="background:${hex}; padding:20px 0"><img src="${picture}" style="width:72px"></div>`),
      )
      const [, back] = await rasterise(pdf, 2, 'p')
      // The message begins 30 points from the left, 420 from the foot of a page of 450; the picture 15 points below that.
      const [beside, inside] = [pixel(back!, 2 * 200, 2 * 52), pixel(back!, 2 * 60, 2 * 52)]
      assert.deepEqual(beside, inside, hex)
      for (const [i, part] of inside.entries()) assert.ok(Math.abs(part - colour[i]!) <= 2, `${hex}: ${inside}`)
    }
  })

  it('nothing of a file is RGB that says nothing else', async () => {
    const picture = `data:image/png;base64,${solid(300, 60, [0, 170, 85]).toString('base64')}`
    const page = `<div style="background:#00aa55; color:#cc3300">Hi<img src="${picture}" style="width:72px"></div>`
    const { objects } = await objectsOf((await createRenderer().render(html(page))).pdf)
    for (const object of objects) assert.doesNotMatch(object.toString(), /\/DeviceRGB/)
  })

  it('RGB in the PDF of a customer is sRGB, in its pages and in their forms', async () => {
    const made = await PDFDocument.create()
    const inner = await PDFDocument.create()
    inner.addPage([100, 100]).drawRectangle({ x: 0, y: 0, width: 100, height: 100, color: rgb(0, 170 / 255, 85 / 255) })
    const [form] = await made.embedPdf(await inner.save())
    const page = made.addPage([450, 306])
    page.drawRectangle({ x: 10, y: 250, width: 30, height: 30, color: rgb(1, 0, 0) })
    page.drawPage(form!, { x: 20, y: 200, width: 30, height: 30 })
    const [layer] = await new Library().pdfPages(await made.save(), { width: 450, height: 306, minPages: 1, maxPages: 1 }, 'p')
    const file = new PdfFile()
    file.page({ width: 450, height: 306, trim: { x: 9, y: 9, w: 432, h: 288 }, layers: [layer!] })
    const { objects } = await objectsOf(file.finish({ title: 't', created: new Date(0) }))
    const forms = objects.filter(object => object instanceof PDFRawStream && object.dict.get(PDFName.of('Resources')))
    const spaces = forms.map(object => {
      const resources = (object as PDFRawStream).dict.lookup(PDFName.of('Resources'), PDFDict)
      return resources.lookup(PDFName.of('ColorSpace'), PDFDict).lookup(PDFName.of('DefaultRGB'), PDFArray).asArray()[0]
    })
    assert.equal(spaces.length, 2)
    for (const space of spaces) assert.equal(space, PDFName.of('ICCBased'))
  })

  it('a profile that came with a picture is kept; one that is none is not', async () => {
    const chunk = (name: string, body: Buffer) => {
      const head = Buffer.alloc(8)
      head.writeUInt32BE(body.length)
      head.write(name, 4, 'latin1')
      return Buffer.concat([head, body, Buffer.alloc(4)])
    }
    const plain = solid(4, 4, [1, 2, 3])
    const with_ = (profile: Buffer) => {
      const iccp = chunk('iCCP', Buffer.concat([Buffer.from('x\0\0'), deflateSync(profile)]))
      return Buffer.concat([plain.subarray(0, 33), iccp, plain.subarray(33)])
    }
    const own = Buffer.from(sRgbProfile())
    own.writeUInt16BE(1999, 24)
    const partOf = (object: PdfObject) => object.parts.find(part => 'parts' in part)
    const shared = partOf(readPicture(plain, 'p').object)
    assert.notEqual(partOf(readPicture(with_(own), 'p').object), shared)
    for (const bad of [
      Buffer.from('nonsense'),
      own.subarray(0, 100),
      Buffer.concat([own.subarray(0, 16), Buffer.from('CMYK'), own.subarray(20)]),
    ])
      assert.equal(partOf(readPicture(with_(bad), 'p').object), shared)
  })
})

describe('ink', () => {
  it('of our own designs and pens keeps to the limit', async () => {
    for (const colour of Object.values(inks) as readonly (readonly number[])[])
      assert.ok(colour.reduce((sum, part) => sum + part, 0) <= MOST_INK)
    for (const design of Object.keys(designs) as (keyof typeof designs)[]) {
      const { pages } = await composePostcard({ ...html('<p>Hi</p>'), front: { kind: 'design', design } }, new Library())
      const file = new PdfFile()
      file.page(pages[0]!)
      const { objects } = await objectsOf(file.finish({ title: 't', created: new Date(0) }))
      const { decodePDFRawStream } = await import('@cantoo/pdf-lib')
      const operators = objects
        .filter(object => object instanceof PDFRawStream && object.dict.get(PDFName.of('Subtype')) === PDFName.of('Form'))
        .map(object => Buffer.from(decodePDFRawStream(object as PDFRawStream).decode()).toString('latin1'))
        .join('\n')
      for (const [, ...parts] of operators.matchAll(/([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) [kK]\b/g))
        assert.ok(parts.map(Number).reduce((sum, part) => sum + part, 0) <= MOST_INK + 1e-9, `${design}: ${parts}`)
    }
  })

  it('of process colour pictures is converted by the output intent, which limits it', () => {
    // A frame header of four components is all that is read of a JPEG.
    const frame = Buffer.from([
      0xff, 0xd8, 0xff, 0xc0, 0, 20, 8, 0, 10, 0, 10, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0, 0xff, 0xd9,
    ])
    const { object } = readPicture(frame, 'p')
    assert.ok(object.parts.includes(pictureCmyk()))
    const profile = (pictureCmyk().parts[1] as PdfObject).parts
    assert.notDeepEqual(profile, outputProfile().parts, 'the same profile would pass colours through unchanged')
  })
})

describe('PDF/X-4', () => {
  it('has an output intent with its profile, metadata, boxes, and nothing it may not have', async () => {
    const renderer = createRenderer()
    for (const spec of Object.values(samples)) {
      const { pdf } = await renderer.render(spec)
      const text = Buffer.from(pdf).toString('latin1')
      assert.match(text, /^%PDF-1\.6\n/)
      assert.doesNotMatch(text, /\/Encrypt|\/JavaScript|\/AA\b|\/OpenAction|\/Annots/)
      const { document } = await objectsOf(pdf)
      const intents = document.catalog.lookup(PDFName.of('OutputIntents'), PDFArray)
      const intent = intents.lookup(0, PDFDict)
      assert.equal(intents.size(), 1)
      assert.equal(intent.lookup(PDFName.of('S')), PDFName.of('GTS_PDFX'))
      assert.equal(intent.lookup(PDFName.of('OutputConditionIdentifier'), PDFString).asString(), 'FOGRA39')
      const profile = intent.lookup(PDFName.of('DestOutputProfile')) as PDFRawStream
      const { decodePDFRawStream } = await import('@cantoo/pdf-lib')
      const icc = Buffer.from(decodePDFRawStream(profile).decode())
      assert.equal(icc.toString('latin1', 12, 20), 'prtrCMYK')
      assert.equal(icc.readUInt32BE(0), icc.length)
      const metadata = document.catalog.lookup(PDFName.of('Metadata')) as PDFRawStream
      assert.equal(metadata.dict.has(PDFName.of('Filter')), false)
      const xmp = Buffer.from(metadata.contents).toString('utf8')
      for (const part of [
        '<pdfxid:GTS_PDFXVersion>PDF/X-4<',
        '<pdf:Trapped>False<',
        '<xmpMM:DocumentID>uuid:',
        '<xmpMM:VersionID>1<',
        '<xmp:MetadataDate>',
      ])
        assert.ok(xmp.includes(part), part)
      const info = document.context.lookup(document.context.trailerInfo.Info) as PDFDict
      assert.ok(info.lookup(PDFName.of('Title')) instanceof PDFHexString)
      for (const page of document.getPages()) {
        const [media, bleed, trim] = [page.getMediaBox(), page.getBleedBox(), page.getTrimBox()]
        for (const [inner, outer] of [
          [trim, bleed],
          [bleed, media],
        ] as const)
          assert.ok(inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width + 0.01)
      }
    }
  })

  it('takes any title', async () => {
    const file = new PdfFile()
    file.page({ width: 10, height: 10, trim: { x: 0, y: 0, w: 10, h: 10 }, layers: [] })
    const pdf = Buffer.from(file.finish({ title: 'A & B <c> \u0001 \ud800 é 漢', created: new Date(0) })).toString('utf8')
    assert.ok(pdf.includes('A &amp; B &lt;c&gt;  \ufffd é 漢</rdf:li>'))
  })
})
