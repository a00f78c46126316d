import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Library } from '../artwork/artwork-cache.ts'
import { inkOfType, limitInk, MOST_INK, parseColour } from '../colour/colours.ts'
import type { Cmyk } from '../pdf/pdf.ts'
import { Canvas } from '../pdf/pdf.ts'
import { PrintProblem } from '../problem.ts'
import { drawFlow } from './flow.ts'
import { parseHtml } from './html.ts'

const refuses = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof PrintProblem, String(error))
  assert.equal(error.code, code, error.message)
  assert.match(error.message, message)
  return true
}

const box = { x: 50, y: 50, w: 200, h: 300 }
const one = { box: () => box, mostPages: 1 }
const noText = { values: {}, path: 'front.html', row: undefined }
/** A grey PNG of one pixel. */
const dot = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=='

function flow(html: string, space = one, values: Record<string, unknown> = {}) {
  return drawFlow(parseHtml(html, 'front.html'), space, () => box, { ...noText, values }, new Library())
}

test('every tag, attribute, property and value outside the subset is refused by name', () => {
  const cases: [string, RegExp][] = [
    ['<table><tr><td>x</td></tr></table>', /<table>/],
    ['<script>alert(1)</script>', /<script>/],
    ['<style>p{}</style>', /<style>/],
    ['<a href="https://example.com">x</a>', /<a>/],
    ['<p class="big">x</p>', /"class" of <p>/],
    ['<p onclick="x()">x</p>', /"onclick"/],
    ['<p style="position: absolute">x</p>', /"position: absolute" of <p>/],
    ['<p style="font-family: Arial">x</p>', /"font-family/],
    ['<p style="color: var(--x)">x</p>', /"var\(--x\)" of "color"/],
    ['<p style="background: url(https://example.com/x.png)">x</p>', /"url/],
    ['<p style="font-size: 2em">x</p>', /"2em" of "font-size"/],
    ['<p style="font-size: 1pt">x</p>', /between 4 and 200/],
    ['<p style="font-weight: 300">x</p>', /"300"/],
    ['<p style="text-align: justify">x</p>', /"justify"/],
    ['<span style="padding: 3pt">x</span>', /"padding" of <span>/],
    ['<p style="padding: 1pt 2pt 3pt 4pt 5pt">x</p>', /5pt/],
    ['<p style="color">x</p>', /": color"/],
    ['<img src="https://example.com/x.png" width="10">', /data: URI/],
    ['<img src="file:///etc/passwd" width="10">', /data: URI/],
    ['<img src="data:image/svg+xml;base64,AAAA" width="10">', /data: URI/],
    [`<img src="${dot}" width="ten">`, /"ten"/],
    ['<p>a & b</p>', /./],
    ['<p>&nosuch;</p>', /&nosuch;/],
    ['<p>&#0;</p>', /&#0;/],
    ['<p>1 < 2</p>', /not a tag/],
    ['<p>open', /<p> is never closed/],
    ['<b><i>x</b></i>', /<\/b> closes nothing/],
    ['<p><!-- never', /comment/],
    ['<![CDATA[x]]>', /doctype/],
    ['<p style="color:red>x</p>', /not written correctly/],
    ['<div>'.repeat(60), /nested/],
    ['<br>'.repeat(30_000), /parts/],
  ]
  for (const [html, message] of cases) {
    if (html === '<p>a & b</p>') parseHtml(html, 'x')
    else assert.throws(() => parseHtml(html, 'x'), refuses('html_not_supported', message), html)
  }
})

test('text flows, wraps and breaks; a white-space run is one space', () => {
  const { pages } = flow(
    `<!doctype html><html><body><!-- note --><h1>Title</h1><p>Some   <b>bold</b>, <i>slanted</i>\n and plain &amp; simple text.<br/>Next</p></body></html>`,
  )
  assert.equal(pages.length, 1)
})

test('a merge value is text, whatever it looks like', () => {
  const values = { name: '<b>Bob</b> {{x}} &amp;' }
  flow('<p>Hi {{name}}</p>', one, values)
  assert.throws(() => flow('<p>Hi {{name}}</p>'), refuses('missing_merge_value', /"name"/))
  assert.throws(() => flow('<p>{{<b>name</b>}}</p>'), refuses('merge_syntax', /./))
})

test('content that does not fit is refused, on one page or on many', () => {
  const long = `<p>${'words and more words '.repeat(400)}</p>`
  assert.throws(() => flow(long), refuses('html_does_not_fit', /higher than its place/))
  assert.throws(() => flow(long, { box: () => box, mostPages: 2 }), refuses('html_does_not_fit', /higher than 2 pages/))
  assert.ok(flow(long, { box: () => box, mostPages: 50 }).pages.length > 2)
  assert.throws(() => flow(`<img src="${dot}" width="400">`), refuses('html_does_not_fit', /wider/))
  assert.throws(() => flow(`<p>${'x'.repeat(1_000_000)}</p>`), refuses('html_does_not_fit', /characters/))
  assert.throws(() => flow('<div style="padding: 0 99pt">x</div>'), refuses('html_does_not_fit', /padding/))
  assert.equal(flow(`<p>${'unbreakable'.repeat(40)}</p>`).pages.length, 1)
})

test('pictures keep their proportions and must say how wide they are', () => {
  assert.throws(() => flow(`<img src="${dot}">`), refuses('html_not_supported', /width/))
  assert.throws(
    () => flow(`<img src="${dot}" style="width: 50%">`),
    refuses('image_resolution_too_low', /pixels per printed inch/),
  )
})

test('characters the font lacks are refused', () => {
  assert.throws(() => flow('<p>漢字 and &#x1F600;</p>'), refuses('missing_glyphs', /漢/))
})

test('colours are sRGB, black and grey type is black ink alone, process colours keep to the ink limit', () => {
  assert.deepEqual(parseColour('#ff0000'), { rgb: [1, 0, 0] })
  assert.deepEqual(parseColour('rgb(0, 255, 0)'), { rgb: [0, 1, 0] })
  assert.deepEqual(parseColour('#05a'), { rgb: [0, 1 / 3, 2 / 3] })
  assert.deepEqual(inkOfType(parseColour('#000')!), [0, 0, 0, 1])
  assert.deepEqual(inkOfType(parseColour('white')!), [0, 0, 0, 0])
  const grey = inkOfType(parseColour('#808080')!) as Cmyk
  assert.deepEqual([...grey.slice(0, 3), grey[3].toFixed(3)], [0, 0, 0, (127 / 255).toFixed(3)])
  assert.deepEqual(inkOfType(parseColour('#00aa55')!), parseColour('#00aa55'))
  assert.deepEqual(parseColour('device-cmyk(1 50% 0 0.1)'), [1, 0.5, 0, 0.1])
  const black = parseColour('device-cmyk(100% 100% 100% 100%)') as Cmyk
  assert.deepEqual(black, [2 / 3, 2 / 3, 2 / 3, 1])
  for (const [c, m, y, k] of [
    [1, 1, 0.9, 0.2],
    [1, 1, 1, 0.5],
    [0.9, 0.8, 0.7, 1],
  ] as Cmyk[]) {
    const limited = limitInk([c, m, y, k])
    assert.ok(limited.reduce((sum, part) => sum + part, 0) <= MOST_INK + 1e-9)
    assert.equal(limited[3], k)
  }
  for (const text of ['device-cmyk(2 0 0 0)', 'rgb(256,0,0)', '#12', 'rebeccapurple', 'constructor', ''])
    assert.equal(parseColour(text), undefined, text)
})

test('margins meet as the larger one and vanish at the top of a page', () => {
  const drawn = (html: string) => {
    const ops: string[] = []
    const watched = Canvas.prototype.op
    Canvas.prototype.op = function (operators: string) {
      ops.push(operators)
      watched.call(this, operators)
    }
    try {
      flow(html)
    } finally {
      Canvas.prototype.op = watched
    }
    return ops.flatMap(op => /^BT [\d.]+ ([\d.]+) Td/.exec(op)?.[1] ?? []).map(Number)
  }
  const gap = ([first, second]: number[]) => first! - second!
  const plain = gap(drawn('<div>a</div><div>b</div>'))
  assert.ok(
    Math.abs(gap(drawn('<div style="margin-bottom: 10pt">a</div><div style="margin-top: 6pt">b</div>')) - plain - 10) < 0.01,
  )
  assert.equal(drawn('<div style="margin-top: 50pt">a</div>')[0], drawn('<div>a</div>')[0])
})
