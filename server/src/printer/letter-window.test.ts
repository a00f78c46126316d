/** The letter as it is drawn, behind the window of its envelope. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rasterise } from './artwork/untrusted.ts'
import type { LetterSpec } from './letter.ts'
import { createRenderer } from './render.ts'
import { samples } from './samples.ts'
import { number10, SHORTEST_PANEL } from './sizes.ts'

const letter: LetterSpec = samples['letter-10-window']

test('tap test of the drawn letter: all ink of its address stays in the window, wherever the folded sheet lies', async () => {
  const renderer = createRenderer()
  const [down, across] = [number10.insideHeight - SHORTEST_PANEL, number10.insideWidth - 8.5]
  const { left, bottom, width, height } = number10.windows.address
  const top = number10.insideHeight - bottom - height
  for (const more of [{}, { company: 'HOLLOWAY & DAUGHTERS' }]) {
    const { company: _, ...to } = letter.to
    const { qr: __, ...plain } = letter
    const body = { kind: 'html', html: '<p>Hi</p>' } as const
    const { pdf } = await renderer.render({ ...plain, body, to: { ...to, ...more } })
    const [page] = await rasterise(pdf, 200 / 72, 'page')
    // What lies between the two addresses' places and the text: the block of the recipient, in inches from the upper left.
    const ink = { x: [99, 0], y: [99, 0] }
    for (let y = Math.round(1.55 * 200); y < 3.3 * 200; y++)
      for (let x = 0; x < page!.width; x++) {
        if (page!.data[(y * page!.width + x) * 4]! > 200) continue
        ink.x = [Math.min(ink.x[0]!, x / 200), Math.max(ink.x[1]!, (x + 1) / 200)]
        ink.y = [Math.min(ink.y[0]!, y / 200), Math.max(ink.y[1]!, (y + 1) / 200)]
      }
    assert.ok(ink.y[1]! - ink.y[0]! > 0.4, JSON.stringify(ink))
    // A pixel and a half is what a raster may be off. Nothing is hidden at the least or the greatest shift, so at none between.
    const off = 0.008
    for (const shift of [0, down]) {
      assert.ok(ink.y[0]! + shift - top >= 0.028 - off, `${JSON.stringify(ink)} above, ${shift} down`)
      assert.ok(
        number10.insideHeight - bottom - (ink.y[1]! + shift) >= 0.028 - off,
        `${JSON.stringify(ink)} below, ${shift} down`,
      )
    }
    for (const shift of [0, across]) {
      assert.ok(ink.x[0]! + shift - left >= 0.125 - off)
      assert.ok(left + width - (ink.x[1]! + shift) >= 0.125 - off)
    }
  }
})
