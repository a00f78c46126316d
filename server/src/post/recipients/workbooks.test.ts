/** Lists of recipients in workbooks: real ones, and those that attackers make. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import readExcelFile from 'read-excel-file/node'
import { listFiles, printed, reasons } from '../../../test/read-list.ts'
import { workbook, workbookOf, xlsx, type ZipEntry, zip } from '../../../test/xlsx-writer.ts'

describe('lists of recipients', () => {
  let files: Awaited<ReturnType<typeof listFiles>>
  before(async () => {
    files = await listFiles()
  })
  after(() => files.close())
  const read = (content: string | Uint8Array, mapping = {}) => files.read(content, { mapping })
  const refused = (content: string | Uint8Array, reason: RegExp, mapping = {}) => files.refused(content, reason, { mapping })

  describe('as XLSX', () => {
    const rows = [
      ['First Name', 'Last Name', 'Address', 'City', 'State', 'Zip', 'Note'],
      ['Zoë', 'Müller & Co <x>', '1 Elm Street', 'Boston', 'MA', 2139, null],
      [null, null, null, null, null, null, null],
      ['Bob', null, '2 Elm Street', 'Boston', 'MA', 2215, 'a\nb'],
    ]
    const sheet = (entries: ZipEntry[], name: string, change: (xml: string) => string): ZipEntry[] =>
      entries.map(entry => (entry.name === name ? { ...entry, data: Buffer.from(change(entry.data.toString())) } : entry))
    const sheet1 = 'xl/worksheets/sheet1.xml'

    it('as the usual library reads it', async () => {
      const { accepted, format } = await read(xlsx(rows))
      assert.deepEqual(format, { type: 'xlsx' })
      assert.deepEqual(
        accepted.map(({ row, recipient }) => [row, recipient.name, recipient.zip]),
        [
          [2, 'Zoë Müller & Co <x>', '02139'],
          [4, 'Bob', '02215'],
        ],
      )
      assert.equal(accepted[1]!.merge_variables.note, 'a\nb')
      const path = join(files.folder, 'peer.xlsx')
      await writeFile(path, xlsx(rows))
      const peer = (await readExcelFile(path)) as unknown as { data: unknown[][] }[]
      assert.deepEqual(peer[0]!.data[1]!.slice(0, 6), ['Zoë', 'Müller & Co <x>', '1 Elm Street', 'Boston', 'MA', 2139])
    })

    it('with prefixes, inline and rich texts, dates, errors, hidden sheets and gaps', async () => {
      const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
      const start = '<?xml version="1.0"?>'
      const cell = (at: string, text: string) => `<x:c r="${at}" t="inlineStr"><x:is><x:t>${text}</x:t></x:is></x:c>`
      const heads = ['name', 'address', 'city', 'state', 'zip', 'since', 'score'].map((text, i) => cell(`${'ABCDEFG'[i]}1`, text))
      const parts: ZipEntry[] = [
        {
          name: 'xl/workbook.xml',
          data: Buffer.from(
            `${start}<workbook xmlns:r="${relations}"><sheets><sheet name="h" state="hidden" r:id="rId9"/><sheet name='v' r:id='rId2'/></sheets></workbook>`,
          ),
        },
        {
          name: 'xl/_rels/workbook.xml.rels',
          data: Buffer.from(
            `${start}<Relationships><Relationship Id="rId2" Type="${relations}/worksheet" Target="/xl/worksheets/s.xml"/><Relationship Id="rId9" Type="${relations}/worksheet" Target="worksheets/h.xml"/><Relationship Id="rId3" Type="${relations}/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId4" Type="${relations}/styles" Target="styles.xml"/></Relationships>`,
          ),
        },
        {
          name: 'xl/sharedStrings.xml',
          data: Buffer.from(
            `${start}<sst><si><r><t>Ada </t></r><r><rPr><b/></rPr><t xml:space="preserve">Lovelace</t></r><rPh sb="0" eb="1"><t>エイダ</t></rPh></si><si><t><![CDATA[1 <Elm> St]]></t></si><si><t>New_x000D_York &#65;&#x42;</t></si></sst>`,
          ),
        },
        {
          name: 'xl/styles.xml',
          data: Buffer.from(
            `${start}<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd;@"/><numFmt numFmtId="165" formatCode="0.00 &quot;days&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
          ),
        },
        {
          name: 'xl/worksheets/s.xml',
          data: Buffer.from(
            `${start}<!-- a > comment --><x:worksheet xmlns:x="y"><x:sheetData><x:row r="1">${heads.join('')}</x:row><x:row r="7"><x:c r="A7" t="s"><x:v>0</x:v></x:c><x:c t="s"><x:v>1</x:v></x:c><x:c r="C7" t="s" dummy="a>b"><x:v>2</x:v></x:c><x:c r="D7" t="str"><x:f>"M"</x:f><x:v>NY</x:v></x:c><x:c r="E7"><x:v>1.0001E4</x:v></x:c><x:c r="F7" s="1"><x:v>45000.5</x:v></x:c><x:c r="G7" t="e"><x:v>#N/A</x:v></x:c></x:row></x:sheetData></x:worksheet>`,
          ),
        },
      ]
      const { accepted } = await read(zip(parts))
      const [row] = accepted
      assert.deepEqual([row!.row, row!.recipient.name, row!.recipient.zip], [7, 'Ada Lovelace', '10001'])
      assert.equal(row!.merge_variables.address, '1 <Elm> St')
      assert.equal(row!.merge_variables.since, '2023-03-15')
      assert.equal(row!.merge_variables.score, undefined)
    })

    it('refuses bombs: declared, lying, overlapping, many, encrypted, damaged', async () => {
      const parts = workbook(rows)
      const claim = (claims: NonNullable<ZipEntry['claims']>) =>
        zip(parts.map(entry => (entry.name === sheet1 ? { ...entry, claims } : entry)))
      await refused(claim({ size: 500 * 1024 * 1024 }), /unpacks to far more/)
      await refused(claim({ size: 100 }), /unpacks to far more/)
      const zeros = { name: sheet1, data: Buffer.alloc(30 * 1024 * 1024, ' ') }
      await refused(zip([...parts.filter(entry => entry.name !== sheet1), zeros]), /unpacks to far more/)
      await refused(
        zip([...parts.filter(entry => entry.name !== sheet1), { ...zeros, claims: { size: 1_000_000 } }]),
        /unpacks to far more|far too long/,
      )
      await refused(claim({ offset: 0 }), /damaged/)
      await refused(claim({ packed: 4_000_000_000 }), /damaged/)
      await refused(claim({ flags: 1 }), /password/)
      await refused(claim({ method: 12 }), /damaged/)
      await refused(zip([...parts, ...parts]), /damaged/)
      const many = Array.from({ length: 2100 }, (_, i) => ({ name: `f${i}`, data: Buffer.alloc(0) }))
      await refused(zip([...parts, ...many]), /2106 parts/)
      const good = xlsx(rows)
      await refused(good.subarray(0, good.length - 30), /damaged/)
      const bad = Buffer.from(good)
      const at = bad.indexOf(sheet1) + sheet1.length
      bad.fill(0x55, at + 20, at + 60)
      await refused(bad, /damaged/)
      await refused(Buffer.concat([Buffer.from('PK'), randomBytes(1000)]), /damaged/)
      await refused(zip([{ name: 'word/document.xml', data: Buffer.from('<x/>') }]), /no Excel workbook/)
    })

    it('refuses document types: external entities and billion laughs', async () => {
      const parts = workbook(rows)
      for (const doctype of [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!doctype html>',
      ])
        for (const part of [sheet1, 'xl/sharedStrings.xml', 'xl/workbook.xml', 'xl/_rels/workbook.xml.rels'])
          await refused(zip(sheet(parts, part, xml => xml.replace('?>', `?>${doctype}`))), /document type/)
    })

    it('refuses sheets beyond measure', async () => {
      const parts = workbook(rows)
      await refused(
        zip(sheet(parts, sheet1, xml => xml.replace('</sheetData>', '<row r="9"><c r="XFD9"><v>1</v></c></row></sheetData>'))),
        /column 16384 of row 9/,
      )
      await refused(zip(sheet(parts, sheet1, xml => xml.replace('</row>', `<c r="A1" ${'x'.repeat(600_000)}`))), /far too long/)
      await refused(
        zip(
          sheet(parts, sheet1, xml =>
            xml.replace('</row>', `<c r="H1" t="str"><v>${randomBytes(30_000).toString('hex')}</v></c></row>`),
          ),
        ),
        /row 1 that is far too long/,
      )
      await refused(zip(sheet(parts, sheet1, xml => xml.slice(0, xml.length - 30))), /not well-formed/)
      await refused(zip(parts.filter(entry => entry.name !== sheet1)), /lacks its part/)
    })

    it('refuses shared texts that multiply', async () => {
      const long = randomBytes(9_000).toString('hex')
      const body = Array.from({ length: 17_000 }, (_, i) => [`Ada${i}`, '1 Elm St', 'Boston', 'MA', 2139, long])
      await refused(xlsx([['name', 'address', 'city', 'state', 'zip', 'note'], ...body]), /more text than a list/)
    })

    const heads = ['First Name', 'Last Name', 'Address', 'City', 'State', 'Zip']
    const jane = ['Jane', 'Doe', '12 Oak Ave', 'Boston', 'MA', 2139]
    const bob = ['Bob', 'Ray', '9 Elm St', 'Austin', 'TX', 78701]

    it('on whichever sheet has the headings, below its titles', async () => {
      const notes = [['How to use this file'], ['1. Fill in the second sheet']]
      const book = zip(
        workbookOf([
          ['Read me', notes],
          ['List', [['Customers'], [], [null, 'as of', 'today'], heads, jane, ['Total', null, null, null, null, 1]]],
          ['Old', [heads, bob]],
        ]),
      )
      const found = await files.read(book)
      assert.deepEqual(printed(found), ['JANE DOE / 12 OAK AVE / BOSTON MA 02139'])
      assert.deepEqual([found.sheet, found.heading_row, reasons(found)], ['List', 4, ['6 not_a_recipient null']])
      assert.equal(found.warnings[0]!.message, 'Sheet "List" was read. "Old" has headings too; send sheet to read another.')
      for (const sheet of ['old', '3'])
        assert.deepEqual(printed(await files.read(book, { sheet })), ['BOB RAY / 9 ELM ST / AUSTIN TX 78701'])
      await files.refused(book, /has no sheet "New"; its sheets are "Read me", "List", "Old"/, { sheet: 'New' })
      await files.refused(
        zip(
          workbookOf([
            ['A', notes],
            ['B', notes],
          ]),
        ),
        /This is sheet "A"; the others, "B", hold no such headings either/,
      )
    })

    it('with zeros that only the format of a cell shows, and rows that a filter hides', async () => {
      const parts = workbook([
        heads,
        ['Jane', 'Doe', '12 Oak Ave', 'Boston', 'MA', 2139],
        ['Ann', 'Lee', '1 Elm St', 'Boston', 'MA', 21394307],
      ])
      const styles =
        '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="00000"/><numFmt numFmtId="165" formatCode="00000\\-0000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>'
      const link =
        '<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>'
      const changed = parts.map(entry => ({
        ...entry,
        data: Buffer.from(
          entry.data
            .toString()
            .replace('<c r="F2">', '<c r="F2" s="1">')
            .replace('<c r="F3">', '<c r="F3" s="2">')
            .replace('<row r="3">', '<row r="3" hidden="1">')
            .replace(
              '</Relationships>',
              entry.name.includes('workbook.xml.rels') ? `${link}</Relationships>` : '</Relationships>',
            ),
        ),
      }))
      const found = await files.read(zip([...changed, { name: 'xl/styles.xml', data: Buffer.from(styles) }]))
      assert.deepEqual(
        found.accepted.map(({ recipient }) => [recipient.zip, recipient.given]),
        [
          ['02139', undefined],
          ['02139-4307', undefined],
        ],
      )
      assert.match(found.warnings[0]!.message, /^Rows that the spreadsheet hides .*: 1\.$/)
    })
  })
})
