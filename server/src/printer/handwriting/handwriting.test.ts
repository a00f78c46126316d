import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rasterise } from '../artwork/untrusted.ts'
import { Canvas, PdfFile, type PdfObject } from '../pdf/pdf.ts'
import { PrintProblem } from '../problem.ts'
import { fitMessage, inks, writeMessage } from './handwriting.ts'
import { type PenName, pen, penData } from './pens.ts'

const box = { x: 60, y: 60, w: 160, h: 220 }
const limits = { max: 15, min: 10 }
const text =
  'Dear Margaret,\n\nThank you for the lovely letter, it was a pleasure to hear from all of you at the lighthouse again.\n\nWarmly,\nEleanor'

function write(message: string, seed: string, name: PenName = 'caveat'): string[] {
  const ops: string[] = []
  const canvas = new (class extends Canvas {
    override op(operators: string): void {
      ops.push(operators)
      super.op(operators)
    }
  })()
  writeMessage(canvas, fitMessage(name, message, box, limits, 'back.message'), box, seed, inks['blue-black'])
  return ops
}

const letters = (ops: string[]) => ops.filter(op => op.endsWith('Do Q'))

test('the same seed writes the same page, another seed another one', () => {
  assert.deepEqual(write(text, 'a'), write(text, 'a'))
  assert.notDeepEqual(write(text, 'a'), write(text, 'b'))
})

test('no two letters look stamped: every letter has a shape and a slant of its own', () => {
  for (const name of Object.keys(penData) as PenName[]) {
    const written = letters(write('eeeee eeeee eeeee eeeee eeeee eeeee eeeee eeeee', 'seed', name))
    const looks = written.map(op => op.split(' ').slice(1, 5).join(' '))
    assert.equal(new Set(looks).size, 40, name)
    // Neighbours never share an outline.
    const outlines = written.map(op => /\/X\d+/.exec(op)![0])
    assert.ok(
      outlines.every((outline, i) => outline !== outlines[i + 1]),
      name,
    )
  }
})

test('Caveat alternates by context: repeated letters are different glyphs', () => {
  const glyphs = pen('caveat')
    .word('llllll')
    .glyphs.map(({ glyph }) => glyph.id)
  assert.ok(new Set(glyphs).size > 1)
})

test('a long message is written smaller; one that does not fit is refused with what would fit', () => {
  const short = fitMessage('caveat', 'Hello!', box, limits, 'x')
  const long = fitMessage('caveat', text.repeat(2), box, limits, 'x')
  assert.equal(short.size, 15)
  assert.ok(long.size < 15 && long.size >= 10)
  const words = 'many words '.repeat(200)
  assert.throws(
    () => fitMessage('caveat', words, box, limits, 'back.message'),
    (error: unknown) => {
      assert.ok(error instanceof PrintProblem && error.code === 'message_does_not_fit' && error.path === 'back.message')
      const { fits, lines, characters } = error.details as { fits: number; lines: number; characters: number }
      assert.equal(characters, words.trim().length)
      assert.ok(fits > 300 && fits < characters && lines > 10)
      // What is said to fit does fit.
      fitMessage('caveat', words.slice(0, fits), box, limits, 'x')
      return true
    },
  )
})

test('one endless word is cut, not lost and not written over the edge', () => {
  const fitted = fitMessage('kalam', 'x'.repeat(150), box, limits, 'x')
  const written = fitted.lines.flatMap(line => line.words.map(word => word.text))
  assert.equal(written.join('').replaceAll('-', ''), 'x'.repeat(150))
  assert.deepEqual(
    fitted.warnings.map(({ code }) => code),
    ['word_broken'],
  )
  assert.ok(fitted.lines.every(line => line.words.every(word => word.width * fitted.size <= box.w)))
})

test('a message of a megabyte is refused at once', () => {
  for (const huge of ['x'.repeat(1_000_000), 'word '.repeat(200_000)]) {
    assert.throws(
      () => fitMessage('caveat', huge, box, limits, 'x'),
      (error: unknown) => error instanceof PrintProblem && error.code === 'message_does_not_fit',
    )
  }
})

test('characters without a glyph are named, whole emoji included', () => {
  const cases: [PenName, string, string[]][] = [
    ['caveat', 'Hi 👩‍👩‍👧 there 漢字 👍🏽', ['👩‍👩‍👧', '漢', '字', '👍🏽']],
    ['homemade-apple', 'Ő Привет', ['Ő', 'П', 'р', 'и', 'в', 'е', 'т']],
    ['reenie-beanie', 'tab\there\u200b is fine', []],
  ]
  for (const [name, message, characters] of cases) {
    if (characters.length === 0) {
      fitMessage(name, message, box, limits, 'x')
      continue
    }
    assert.throws(
      () => fitMessage(name, message, box, limits, 'x'),
      (error: unknown) => {
        assert.ok(error instanceof PrintProblem && error.code === 'missing_glyphs')
        assert.deepEqual(error.details.characters, characters)
        return characters.every(character => error.message.includes(`"${character}"`))
      },
    )
  }
})

test('decomposed accents are composed, names of Latin Extended are written', () => {
  for (const name of ['caveat', 'kalam'] as const) fitMessage(name, 'Jose\u0301 Łukasz Žižek Őrs', box, limits, 'x')
})

test('the ink stays in the box (give or take a swash) for every pen and many seeds', async () => {
  const file = new PdfFile()
  for (const name of Object.keys(penData) as PenName[]) {
    for (let seed = 0; seed < 6; seed++) {
      const canvas = new Canvas()
      writeMessage(
        canvas,
        fitMessage(name, `${text} ${'full lines of words '.repeat(7)}`, box, limits, 'x'),
        box,
        `seed ${seed}`,
        inks.black,
      )
      file.page({ width: 280, height: 340, trim: box, layers: [canvas.toForm(280, 340)] })
    }
  }
  const swash = 4.5
  for (const { width, height, data } of await rasterise(file.finish({ title: 't', created: new Date(0) }), 1, 'x')) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (data[(y * width + x) * 4]! > 200) continue
        assert.ok(x >= box.x - swash && x <= box.x + box.w + swash, `ink at x ${x}`)
        assert.ok(340 - y >= box.y - swash && 340 - y <= box.y + box.h + swash, `ink at y ${340 - y}`)
      }
    }
  }
})

test('variants of a glyph are made once', () => {
  const caveat = pen('caveat')
  const glyph = caveat.word('a').glyphs[0]!.glyph
  const first: PdfObject = caveat.variant(glyph, 1)
  assert.equal(caveat.variant(glyph, 7), first)
  assert.notEqual(caveat.variant(glyph, 2), first)
})

test('a message of blanks is refused, not mailed', () => {
  for (const blank of ['', '   ', ' \n\n '])
    assert.throws(
      () => fitMessage('caveat', blank, box, limits, 'back.message'),
      (error: unknown) => error instanceof PrintProblem && error.code === 'message_empty' && error.path === 'back.message',
    )
})
