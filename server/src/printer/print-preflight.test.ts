import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Library } from './artwork/artwork-cache.ts'
import { Canvas } from './pdf/pdf.ts'
import { type ComposedPiece, composePostcard } from './postcard.ts'
import { inspect } from './print-preflight.ts'
import { samples } from './samples.ts'

const card = samples['postcard-4x6-handwritten']

/** The card with something drawn on top of its back. */
async function tampered(draw: (canvas: Canvas, piece: ComposedPiece) => void): Promise<string[]> {
  const piece = await composePostcard(card, new Library())
  const canvas = new Canvas()
  draw(canvas, piece)
  const back = piece.pages[1]!
  piece.pages[1] = { ...back, layers: [...back.layers, canvas.toForm(back.width, back.height)] }
  return (await inspect(piece)).map(problem => problem.code)
}

test('an untouched card has no problems', async () => {
  assert.deepEqual(await tampered(() => {}), [])
})

test('a scratch through one bar, or ink beside the barcode, is found', async () => {
  const scratch = await tampered((canvas, { marks }) => {
    const { x, y, h } = marks[0]!.barcode!.box
    canvas.fill([0, 0, 0, 0])
    canvas.rect({ x: x + 59, y: y - 1, w: 2.4, h: h + 2 })
  })
  assert.deepEqual(scratch, ['barcode_unreadable'])
  const beside = await tampered((canvas, { marks }) => {
    const { x, y, w } = marks[0]!.barcode!.box
    canvas.fill([0, 0, 0, 1])
    canvas.rect({ x: x + w + 3, y, w: 4, h: 4 })
  })
  assert.deepEqual(beside, ['barcode_unreadable'])
})

test('bars which lost their ascenders are another barcode, or none', async () => {
  const cut = await tampered((canvas, { marks }) => {
    const { x, y, w, h } = marks[0]!.barcode!.box
    canvas.fill([0, 0, 0, 0])
    canvas.rect({ x, y: y + h - 2.5, w, h: 2.5 })
  })
  assert.deepEqual(cut, ['barcode_unreadable'])
})

test('a covered QR code is found, a small stain is not', async () => {
  const cover = (part: number) =>
    tampered((canvas, { marks }) => {
      const { x, y, w, h } = marks[0]!.qr!.box
      canvas.fill([0, 0, 0, 1])
      canvas.rect({ x: x + w / 2, y: y + h / 2, w: w * part, h: h * part })
    })
  assert.deepEqual(await cover(0.4), ['qr_unreadable'])
  assert.deepEqual(await cover(0.04), [])
})

test('a code that says something else is found', async () => {
  const piece = await composePostcard(card, new Library())
  piece.marks[0]!.qr!.text = 'HTTPS://MAIL.EXAMPLE.COM/Q/OTHERS'
  piece.marks[0]!.barcode!.digits = { tracking: '00310902147000012346', routing: '010602213' }
  const problems = await inspect(piece)
  assert.deepEqual(
    problems.map(problem => problem.code),
    ['qr_unreadable', 'barcode_unreadable'],
  )
  assert.match(problems[0]!.message, /7KD3MX/)
  assert.match(problems[1]!.message, /00310902147000012345010602213/)
})
