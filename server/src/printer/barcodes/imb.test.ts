import assert from 'node:assert/strict'
import { test } from 'node:test'
import bwip from 'bwip-js/node'
import { PrintProblem } from '../problem.ts'
import { decodeImb, encodeImb } from './imb.ts'

// Published vectors: the four of USPS-B-3200 itself, then rows of the USPS encoder test set (2009) and postalpro's encoder.
const vectors: [tracking: string, routing: string, bars: string][] = [
  ['01234567094987654321', '', 'ATTFATTDTTADTAATTDTDTATTDAFDDFADFDFTFFFFFTATFAAAATDFFTDAADFTFDTDT'],
  ['01234567094987654321', '01234', 'DTTAFADDTTFTDTFTFDTDDADADAFADFATDDFTAAAFDTTADFAAATDFDTDFADDDTDFFT'],
  ['01234567094987654321', '012345678', 'ADFTTAFDTTTTFATTADTAAATFTFTATDAAAFDDADATATDTDTTDFDTDATADADTDFFTFA'],
  ['01234567094987654321', '01234567891', 'AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA'],
  ['23270592831482031240', '96713024817', 'DDADATADTAATDTTTDFDTTFTFFADTFTDFTATAAFTTFATDAATATDATATFADAADDTFDT'],
  ['53379777234994544928', '51135759461', 'DAFDTDAFFDFTDADTDDFTTFDTATATFFFDFTTFFFTFDDTDAAFATDFTFDFDTTTDTTFDA'],
  ['40120111574675115924', '', 'FAAADFDDADFFDAFDFFTFDFFFFTADFADTTTATTTADDDAFTATADDTADDDATATFFTFDD'],
  ['40120111574675115924', '62176', 'AFDDADATAFDTDTTFAATDDTDFTDDDAFTFFTDTTATFAADFTFTFFADAAFAADFFDAADDT'],
  ['40120111574675115924', '621766091', 'ADFFTATTAFTTFTAADTFFATDTDFDDDTTAAFDTDDDFAAFATAFDFDTDTATDDATTADADA'],
  ['82205455868913559972', '54765515722', 'TTTADTFFADAFDTTFDTAADATFFFADFFTDDFFFATDADAATAAADDATFTAADFADTADADD'],
  ['62789641258963214569', '42563', 'DTTFAATAADFDFDTADDTFAFADAADTATDDTFATTTATDATDFDATDDDTATATAFADTDFAD'],
  ['42458965412589632541', '456998748', 'ATFAATAADDTFTFATDTDTAFDDDATFADTTDFDFDFDFTAADDFAFADDFDDDFATATADFTD'],
  ['40120111574675115924', '62176609110', 'DDAFFFDAFTFDFFAAATTTDDFFTFADDFAFTTDAAAAAADFTTFDTAFDDTDDADATDAFAFF'],
]

const rejected: [tracking: string, routing: string][] = [
  ['53055494689272602879', '12345678901234567890'],
  ['4012X111574675115924', '62176'],
  ['58412598741256321456', '45879654123'],
  ['01234567094987654', ''],
  ['01234567094987654321', '0123456789'],
  ['01234567094987654321', '137655B3689'],
]

test('published vectors encode and decode', () => {
  for (const [tracking, routing, bars] of vectors) {
    assert.equal(encodeImb({ tracking, routing }), bars, `${tracking} ${routing}`)
    assert.deepEqual(decodeImb(bars), { tracking, routing })
  }
})

test('unlawful digits are refused', () => {
  for (const [tracking, routing] of rejected) {
    assert.throws(
      () => encodeImb({ tracking, routing }),
      (error: unknown) => error instanceof PrintProblem && error.code === 'barcode_invalid',
    )
  }
})

test('600 pseudo-random barcodes equal those of bwip-js and read back', () => {
  let state = 20_260_901
  const digit = (below = 10) => Math.floor(((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32) * below)
  for (let i = 0; i < 600; i++) {
    const length = [0, 5, 9, 11][i % 4]!
    const tracking = `${digit()}${digit(5)}${Array.from({ length: 18 }, () => digit()).join('')}`
    const routing = Array.from({ length }, () => digit()).join('')
    const bars = encodeImb({ tracking, routing })
    assert.equal(bars, otherEncoder(tracking + routing))
    assert.deepEqual(decodeImb(bars), { tracking, routing })
  }
})

test('a single wrong bar never decodes', () => {
  const bars = encodeImb({ tracking: '01234567094987654321', routing: '01234567891' })
  for (let bar = 0; bar < 65; bar++) {
    for (const letter of 'ADFT') {
      if (letter === bars[bar]) continue
      assert.equal(decodeImb(bars.slice(0, bar) + letter + bars.slice(bar + 1)), undefined)
    }
  }
})

/** bwip-js gives bar bottoms and heights as parts of the full height; the letters follow from both. */
function otherEncoder(digits: string): string {
  const [{ bbs, bhs }] = bwip.raw({ bcid: 'onecode', text: digits }) as unknown as [{ bbs: number[]; bhs: number[] }]
  const full = Math.max(...bhs)
  return bhs
    .map((height, i) => {
      if (height > full * 0.9) return 'F'
      if (height < full * 0.5) return 'T'
      return bbs[i] === 0 ? 'D' : 'A'
    })
    .join('')
}
