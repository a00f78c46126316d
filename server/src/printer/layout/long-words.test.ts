/** Words that are wider than their line: smaller writing, hyphens, and a warning; never a word that breaks in silence. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Library } from '../artwork/artwork-cache.ts'
import { fitMessage } from '../handwriting/handwriting.ts'
import { composeLetter } from '../letter.ts'
import { checkRecipient, composePostcard, type PostcardSpec } from '../postcard.ts'
import { cards } from '../sizes.ts'
import { drawFlow } from './flow.ts'
import { parseHtml } from './html.ts'
import { naturalParts } from './long-words.ts'

const surname = 'Wolfeschlegelsteinhausenbergerdorffmann-Li'
const donau = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'
const to = { name: 'Jane Doe', line1: '12 Oak Ave', city: 'Boston', state: 'MA', zip: '02139' }
const card = (more: Partial<PostcardSpec>): PostcardSpec => ({
  kind: 'postcard',
  size: '4x6',
  front: { kind: 'design', design: 'sprig' },
  back: { kind: 'handwritten', message: 'Hi' },
  to,
  from: to,
  seed: 's',
  created: new Date(0),
  ...more,
})

describe('handwriting', () => {
  const { message: box } = cards['4x6']
  const write = (text: string, max = 15, min = 10) => fitMessage('caveat', text, box, { max, min }, 'back.message')
  const words = (text: string, max?: number, min?: number) =>
    write(text, max, min).lines.map(line => line.words.map(word => word.text))

  it('becomes smaller so that no word is broken', () => {
    const fitted = write(`Hi ${surname}, thank you!`)
    assert.deepEqual(fitted.warnings, [])
    assert.ok(fitted.size < 15 && write('Hi Jane, thank you!').size === 15)
    // Where the word is broken, then after its own hyphen.
    assert.equal(
      fitted.lines
        .flatMap(line => line.words.map(word => word.text))
        .join('')
        .replace('Hi', '')
        .startsWith(`${surname},`),
      true,
    )
  })

  it('breaks with hyphens what fits at no size, and says so', () => {
    const fitted = write(`Dear ${donau}!`)
    assert.deepEqual(
      fitted.warnings.map(({ code, path }) => [code, path]),
      [['word_broken', 'back.message']],
    )
    assert.match(fitted.warnings[0]!.message, /Donaudampf.*broken with a hyphen/)
    const pieces = words(`Dear ${donau}!`).flat().slice(1)
    assert.ok(pieces.length > 1)
    for (const piece of pieces.slice(0, -1)) assert.match(piece, /-$/)
    assert.equal(pieces.map(piece => piece.replace(/-$/, '')).join(''), `${donau}!`)
    for (const piece of pieces) assert.ok(piece.length >= 3)
  })

  it('keeps its letters whatever it is given', () => {
    for (const text of [
      'x'.repeat(500),
      'a-'.repeat(200),
      '-'.repeat(300),
      `https://example.com/${'path/'.repeat(30)}`,
      'W'.repeat(41),
    ]) {
      const all = fitMessage('caveat', text, { x: 0, y: 0, w: 60, h: 5000 }, { max: 12, min: 12 }, 'm').lines.flatMap(
        line => line.words,
      )
      assert.equal(
        all
          .map(word => word.text)
          .join('')
          .replaceAll('-', ''),
        text.replaceAll('-', ''),
        text.slice(0, 20),
      )
    }
  })

  it('is looked at in every card of an order, and in letters', async () => {
    assert.deepEqual(
      checkRecipient(card({ back: { kind: 'handwritten', message: `Hi ${donau}` } })).map(({ code }) => code),
      ['word_broken'],
    )
    const library = new Library()
    const piece = await composePostcard(card({ back: { kind: 'handwritten', message: `Hi ${donau}` } }), library)
    assert.deepEqual(
      piece.warnings.map(({ code }) => code),
      ['word_broken'],
    )
    const long = donau.repeat(2)
    const letter = { kind: 'letter', to, from: to, seed: 's', created: new Date(0) } as const
    const written = await composeLetter({ ...letter, body: { kind: 'handwritten', message: `Hi ${long}` } }, library)
    assert.deepEqual(
      written.warnings.map(({ code }) => code),
      ['word_broken'],
    )
  })
})

describe('type', () => {
  const set = (html: string, width: number) => {
    const box = { x: 0, y: 0, w: width, h: 700 }
    const flow = drawFlow(
      parseHtml(html, 'h'),
      { box: () => box, mostPages: 1 },
      () => box,
      { values: {}, path: 'h', row: undefined },
      new Library(),
    )
    return flow.warnings.map(({ code }) => code)
  }

  it('breaks at hyphens without a word, shrinks a little, and hyphenates the rest, with a warning', () => {
    assert.deepEqual(set(`<p>Hi ${surname}</p>`, 400), [])
    assert.deepEqual(set('<p>well-known-mother-in-law</p>', 80), [])
    assert.deepEqual(set('<p style="font-size:12pt">Wolfeschlegelstein</p>', 100), ['word_shrunk'])
    assert.deepEqual(set(`<p style="font-size:12pt">${donau}</p>`, 100), ['word_broken'])
    assert.deepEqual(set(`<p style="font-size:7pt">${donau}</p>`, 200), ['word_broken'], 'nobody reads 5 points')
  })

  it('sees words made of several styles', () => {
    assert.deepEqual(set('<p style="font-size:12pt">Wolfe<b>schlegel</b>stein</p>', 100), ['word_shrunk'])
    assert.deepEqual(set(`<p style="font-size:12pt"><b>${donau.slice(0, 20)}</b>${donau.slice(20)}</p>`, 100), ['word_broken'])
  })

  it('is told for HTML cards and letters and for captions', async () => {
    const library = new Library()
    const codes = async (spec: PostcardSpec) => (await composePostcard(spec, library)).warnings.map(({ code }) => code)
    assert.deepEqual(await codes(card({ back: { kind: 'html', html: `<p>${donau}</p>` } })), ['word_broken'])
    assert.deepEqual(
      await codes(
        card({ back: { kind: 'html', html: '<p>Hi</p>' }, qr: { url: 'https://example.com/q', caption: donau.slice(0, 26) } }),
      ),
      ['word_broken'],
    )
    const letter = { kind: 'letter', to, from: to, seed: 's', created: new Date(0) } as const
    const body = { kind: 'html', html: `<h1>${donau}${donau}</h1>` } as const
    assert.deepEqual(
      (await composeLetter({ ...letter, body }, library)).warnings.map(({ code }) => code),
      ['word_broken'],
    )
  })
})

it('natural breaks are hyphens inside words and the joints of addresses, not signs alone', () => {
  assert.deepEqual(naturalParts('well-known'), ['well-', 'known'])
  assert.deepEqual(naturalParts('https://a.b/c?d=1'), ['https://a.', 'b/', 'c?', 'd=', '1'])
  for (const text of ['----', '-5', 'end-', 'word', '…']) assert.deepEqual(naturalParts(text), [text])
})
