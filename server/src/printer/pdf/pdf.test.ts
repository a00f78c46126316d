import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PDFDict, PDFDocument, PDFName } from '@cantoo/pdf-lib'
import { inter } from './fonts.ts'
import { Canvas, num, PdfFile, PdfObject, streamObject } from './pdf.ts'

const trim = { x: 9, y: 9, w: 82, h: 82 }

function filePages(count: number): Uint8Array {
  const shared = streamObject(['/Type/XObject/Subtype/Form/BBox[0 0 9 9]'], '0 0 9 9 re f')
  const file = new PdfFile()
  for (let i = 0; i < count; i++) {
    const canvas = new Canvas()
    canvas.place(shared, [1, 0, 0, 1, i, i])
    canvas.fill([0, 0, 0, 1])
    inter.regular.draw(canvas, `Page ${i + 1} (of “Łódź”)`, 10, 10, 8)
    file.page({ width: 100, height: 100, trim, layers: [canvas.toForm(100, 100)] })
  }
  return file.finish({ title: 'Żółw (test)', created: new Date('2026-01-02T03:04:05Z') })
}

test('the cross-reference table points at every object', () => {
  const text = Buffer.from(filePages(3)).toString('latin1')
  const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)![1])
  const [, count] = /^xref\n0 (\d+)\n/.exec(text.slice(start))!
  const rows = text
    .slice(text.indexOf('\n', start + 5) + 1)
    .match(/.{18} \n|.{17} \n|\d{10} \d{5} [fn] \n/g)!
    .slice(0, Number(count))
  assert.equal(rows.length, Number(count))
  for (const [number, row] of rows.entries()) {
    assert.equal(row.length, 20)
    if (number > 0) assert.ok(text.startsWith(`${number} 0 obj\n`, Number(row.slice(0, 10))), `object ${number}`)
  }
})

test('another library reads pages, boxes, title and date', async () => {
  const document = await PDFDocument.load(filePages(2), { throwOnInvalidObject: true, updateMetadata: false })
  assert.equal(document.getPageCount(), 2)
  const page = document.getPage(1)
  assert.deepEqual(page.getTrimBox(), { x: 9, y: 9, width: 82, height: 82 })
  assert.deepEqual(page.getBleedBox(), { x: 0, y: 0, width: 100, height: 100 })
  assert.equal(document.getTitle(), 'Żółw (test)')
  assert.equal(document.getCreationDate()?.toISOString(), '2026-01-02T03:04:05.000Z')
})

test('shared objects and fonts are written once, all fonts embedded', async () => {
  const document = await PDFDocument.load(filePages(5), { updateMetadata: false })
  const dictionaries = document.context
    .enumerateIndirectObjects()
    .map(([, object]) => object)
    .filter(object => object instanceof PDFDict)
  const fonts = dictionaries.filter(object => object.get(PDFName.of('Subtype')) === PDFName.of('Type0'))
  // Two files of the family: Latin, and Latin Extended for the Polish letters.
  assert.equal(fonts.length, 2)
  assert.equal(dictionaries.filter(object => object.has(PDFName.of('FontFile2'))).length, 2)
})

test('the same input gives the same bytes; other input another file id', () => {
  assert.deepEqual(filePages(3), filePages(3))
  const id = (bytes: Uint8Array) => /\/ID\[<(\w+)>/.exec(Buffer.from(bytes).toString('latin1'))![1]
  assert.notEqual(id(filePages(3)), id(filePages(2)))
})

test('objects may refer to each other in circles', () => {
  const [a, b] = [new PdfObject(), new PdfObject()]
  a.fill(['<</B ', b, '>>'])
  b.fill(['<</A ', a, '>>'])
  const canvas = new Canvas()
  canvas.place(streamObject(['/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Extra ', a], ''), [1, 0, 0, 1, 0, 0])
  const file = new PdfFile()
  file.page({ width: 100, height: 100, trim, layers: [canvas.toForm(100, 100)] })
  assert.ok(file.finish({ title: '', created: new Date(0) }).length > 500)
})

test('numbers never have exponents', () => {
  assert.deepEqual([0, -0, 1e-9, -1e-9, 1 / 3, 12.3456, -0.5, 810].map(num), [
    '0',
    '0',
    '0',
    '0',
    '0.333',
    '12.346',
    '-0.5',
    '810',
  ])
})
