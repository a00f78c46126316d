/**
 * The pieces of docs/samples, which the tests also print. Names and addresses are invented.
 * `node server/src/printer/samples.ts docs/samples` writes the PDFs anew.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LetterSpec } from './letter.ts'
import type { PostcardSpec } from './postcard.ts'
import { createRenderer } from './render.ts'

const created = new Date('2026-11-02T09:00:00Z')

const shared = {
  to: {
    name: 'Margaret Holloway',
    company: 'Holloway & Daughters',
    line1: '1847 Orchard Hill Rd',
    line2: 'Apt 4B',
    city: 'Northampton',
    state: 'MA',
    zip: '01060-2213',
  },
  from: { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' },
  merge: { first_name: 'Margaret', ends: '30 November' },
  created,
}

const handwritten: PostcardSpec = {
  ...shared,
  kind: 'postcard',
  size: '4x6',
  front: { kind: 'design', design: 'sprig' },
  back: {
    kind: 'handwritten',
    message:
      'Dear {{first_name}},\n\nThank you for choosing our little shop this autumn. Your blue kettle was packed by hand, and I hope it is whistling happily in your kitchen.\n\nThe next tea is on us!\n\nWarmly,\nEleanor',
  },
  imb: { tracking: '00310902147000012345', routing: '010602213' },
  qr: { url: 'https://mail.example.com/Q/7KD3MX', caption: 'Pick your tea here' },
  indicia: ['PRSRT FIRST-CLASS', 'U.S. POSTAGE PAID', 'PORTLAND ME', 'PERMIT NO. 417'],
  seed: 'sample 1',
  title: 'Handwritten postcard, 4 × 6 inches',
}

const offer: PostcardSpec = {
  ...shared,
  kind: 'postcard',
  size: '6x9',
  front: { kind: 'design', design: 'hills', headline: 'Come up for air' },
  back: {
    kind: 'html',
    html: `<h2 style="color: device-cmyk(0.92 0.62 0.38 0.4); margin: 0 0 6pt 0">Two nights above the fog</h2>
<p>Dear {{first_name | default: "friend"}},</p>
<p>the first snow has reached the pass, the stove in the hut is lit, and the <b>December weekends</b> are open for booking.</p>
<div style="background: device-cmyk(0 0.1 0.24 0); padding: 10pt 12pt; margin: 8pt 0">
<h3 style="margin: 0 0 3pt 0">Until {{ends}}</h3>Stay two nights, and breakfast with mountain butter and last summer’s honey is <i>on the house</i>.</div>
<p>Bring thick socks.</p>`,
  },
  imb: { tracking: '00310902147000012346', routing: '01060' },
  qr: { url: 'https://mail.example.com/Q/P3XN80', caption: 'See the free weekends' },
  indicia: ['PRSRT FIRST-CLASS', 'U.S. POSTAGE PAID', 'PORTLAND ME', 'PERMIT NO. 417'],
  seed: 'sample 2',
  title: 'Postcard with HTML, 6 × 9 inches',
}

const letter: LetterSpec = {
  ...shared,
  kind: 'letter',
  body: {
    kind: 'html',
    html: `<html><body><h1 style="color: device-cmyk(0.94 0.76 0.3 0.42)">Your membership renews soon</h1>
<p>Dear {{first_name}},</p>
<p>Thank you for three years with the <b>Harbor Reading Room</b>. Your membership ends on <b>{{ends}}</b>; renewing takes <i>one minute</i> and keeps your borrowing history, your reserved shelf and your place in the Thursday circle.</p>
<div style="background: device-cmyk(0.04 0.03 0.12 0); padding: 12pt 14pt; margin: 12pt 0"><h3 style="margin: 0 0 4pt 0">New this winter</h3>
A quiet floor until 22:00, a second scanner in the map room, and the whole newspaper archive from 1874 to 1932, readable from your kitchen table.</div>
<p>If your name or address is wrong on this letter, please tell us. We would rather print one page less than one page wrong.</p>
<p style="margin-top: 20pt">With kind regards,<br><br><b>Ines Amaral</b><br><span style="color: #595959; font-size: 9.5pt">Head of members’ services</span></p></body></html>`,
  },
  from: { name: 'Harbor Reading Room', line1: '9 Custom House Sq', city: 'Portland', state: 'ME', zip: '04101' },
  imb: { tracking: '00310902147000012347', routing: '010602213' },
  qr: { url: 'https://mail.example.com/Q/M5T2QA', caption: 'Renew here: point your phone at the code.' },
  seed: 'sample 3',
  title: 'Letter for a #10 double-window envelope',
}

export const samples = {
  'postcard-4x6-handwritten': handwritten,
  'postcard-6x9-html': offer,
  'letter-10-window': letter,
} as const

if (import.meta.main) {
  const folder = process.argv[2]
  if (!folder) throw new Error('Name the folder to write to')
  await mkdir(folder, { recursive: true })
  const renderer = createRenderer()
  for (const [name, spec] of Object.entries(samples)) {
    const { pdf, pages } = await renderer.render(spec)
    await writeFile(join(folder, `${name}.pdf`), pdf)
    console.log(`${name}.pdf: ${pages} pages, ${(pdf.length / 1024).toFixed(0)} KB`)
  }
}
