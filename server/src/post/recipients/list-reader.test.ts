/** Lists of recipients as people have them, and as attackers make them. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { listFiles } from '../../../test/read-list.ts'

const heading = 'first_name,last_name,address,city,state,zip'
const ada = 'Ada,Holloway,1 Elm Street,Boston,MA,02139'

describe('lists of recipients', () => {
  let files: Awaited<ReturnType<typeof listFiles>>
  before(async () => {
    files = await listFiles()
  })
  after(() => files.close())
  const read = (content: string | Uint8Array, mapping = {}) => files.read(content, { mapping })
  const refused = (content: string | Uint8Array, reason: RegExp, mapping = {}) => files.refused(content, reason, { mapping })

  describe('as CSV', () => {
    for (const [what, delimiter] of [
      ['commas', ','],
      ['semicolons', ';'],
      ['tabs', '\t'],
      ['bars', '|'],
    ] as const)
      it(`with ${what}`, async () => {
        const { accepted, format } = await read(`${heading}\r\n${ada}\r\n`.replaceAll(',', delimiter))
        assert.deepEqual(format, { type: 'csv', encoding: 'utf-8', delimiter })
        assert.deepEqual(accepted[0]!.recipient, {
          name: 'Ada Holloway',
          line1: '1 ELM ST',
          city: 'BOSTON',
          state: 'MA',
          zip: '02139',
          country: 'US',
          given: { line1: '1 Elm Street' },
        })
      })

    const text = `${heading}\nZoë,Müller,1 Elm Street,Boston,MA,02139\n`
    const utf16 = (little: boolean, mark: boolean) => {
      const bytes = Buffer.from((mark ? '\ufeff' : '') + text, 'utf16le')
      return little ? bytes : bytes.swap16()
    }
    for (const [what, bytes] of [
      ['utf-8', Buffer.from(text)],
      ['utf-8', Buffer.from(`\ufeff${text}`)],
      ['utf-16le', utf16(true, true)],
      ['utf-16be', utf16(false, true)],
      ['utf-16le', utf16(true, false)],
      ['utf-16be', utf16(false, false)],
      ['windows-1252', Buffer.from(text, 'latin1')],
    ] as const)
      it(`in ${what}, ${bytes.subarray(0, 3).toString('hex')}…`, async () => {
        const { accepted, format } = await read(bytes)
        assert.equal((format as { encoding: string }).encoding, what)
        assert.equal(accepted[0]!.recipient.name, 'Zoë Müller')
      })

    it('with the delimiter that a first line names for Excel', async () => {
      for (const [line, delimiter] of [
        ['sep=;', ';'],
        ['"sep=;"', ';'],
        ['SEP=\t', '\t'],
      ] as const) {
        const list = [`\uFEFF${line}`, heading.replaceAll(',', delimiter), ada.replaceAll(',', delimiter)].join('\r\n')
        for (const bytes of [Buffer.from(list), Buffer.from(list, 'utf16le')]) {
          const { accepted, format } = await read(bytes)
          assert.equal(format.type === 'csv' && format.delimiter, delimiter)
          assert.deepEqual([accepted[0]!.row, accepted[0]!.recipient.name], [2, 'Ada Holloway'])
        }
      }
    })
    it('finds UTF-8 and Windows-1252 letters wherever they stand, also across slices', async () => {
      const filler = 'x'.repeat(262_140 - heading.length)
      const list = `${heading}\n${`Ada,${'y'.repeat(30)},1 Elm St,Boston,MA,02139\n`.repeat(1)}`
      const { accepted } = await read(`${list}${filler.slice(0, 200)}é,Z,2 Elm St,Boston,MA,02139\n`)
      assert.equal(accepted.length, 1)
      for (let shift = 0; shift < 4; shift++) {
        const padding = `${'p'.repeat(100)},${'q'.repeat(100)}\n`.repeat(1290) + 'r'.repeat(shift)
        const late = await read(`${heading}\n${padding}\nÉmile,Zola,2 Elm St,Boston,MA,02139\n`)
        assert.equal((late.format as { encoding: string }).encoding, 'utf-8')
        assert.equal(late.accepted.at(-1)!.recipient.name, 'Émile Zola')
      }
    })

    it('under the headings people write', async () => {
      for (const names of [
        'First Name,Last Name,Street Address,City,State,ZIP Code',
        'FNAME,LNAME,ADDR1,CITY,ST,ZIP',
        'Given Name,Surname,Mailing Address,Mailing City,Mailing State,Mailing Zip',
        'first,last,address line 1,town,State/Province,postal code',
      ]) {
        const { accepted, columns } = await read(`${names}\n${ada}\n`)
        assert.deepEqual(
          columns.map(column => column.field),
          ['first_name', 'last_name', 'line1', 'city', 'state', 'zip'],
          names,
        )
        assert.equal(accepted[0]!.merge_variables.first_name, 'Ada')
      }
    })

    it('with a mapping where headings do not tell', async () => {
      const list = 'Who,Where,City,State,Zip\nAda Holloway,1 Elm St,Boston,MA,02139\n'
      await refused(list, /no column for a name, an address\. .*it holds "Who", "Where", "City"/)
      const { accepted } = await read(list, { name: 'who', line1: 'Where' })
      assert.equal(accepted[0]!.recipient.line1, '1 ELM ST')
      await refused(list, /no column "Nobody", which the mapping names for name/, { name: 'Nobody' })
    })

    it('with the number of a flat under a heading that says what it is', async () => {
      const line = async (column: string, value: string) => {
        const { accepted } = await read(`name,address,${column},city,state,zip\nAda,1 Elm St,${value},Boston,MA,02139\n`)
        return accepted[0]!.recipient.line2
      }
      assert.equal(await line('Apt', '4'), 'APT 4')
      assert.equal(await line('Mailing Unit', '#12b'), 'UNIT 12B')
      assert.equal(await line('Apt/Suite', '7'), '# 7')
      assert.equal(await line('Apt', 'Suite 9'), 'STE 9')
    })
    it('with every column as a merge field', async () => {
      const { accepted, columns } = await read(`${heading},Favourite Color!,2nd car,Favourite Color!\n${ada},blue,Fiat,red\n`)
      assert.deepEqual(
        columns.slice(6).map(column => column.merge_field),
        ['favourite_color', '_2nd_car', 'favourite_color_2'],
      )
      const { merge_variables } = accepted[0]!
      assert.deepEqual(
        [merge_variables.favourite_color, merge_variables._2nd_car, merge_variables.favourite_color_2, merge_variables.name],
        ['blue', 'Fiat', 'red', 'Ada Holloway'],
      )
    })

    it('with ZIP codes that a spreadsheet took for numbers', async () => {
      const zips = ['2139', '2139.0', '21394307', '2139-4307', '02139', '02139-4307', '021394307', '2139-0000']
      const list = zips.map((zip, i) => `Ada${i},H,1 Elm St,Boston,MA,${zip}`).join('\n')
      const { accepted, zips_mended } = await read(`${heading}\n${list}\n`)
      assert.deepEqual(
        accepted.map(row => row.recipient.zip),
        ['02139', '02139', '02139-4307', '02139-4307', '02139', '02139-4307', '02139-4307', '02139'],
      )
      assert.equal(zips_mended, 5)
      assert.equal(accepted[0]!.merge_variables.zip, '02139')
      assert.equal(accepted[0]!.recipient.given?.zip, '2139')
      assert.equal(accepted[0]!.address_status, 'corrected')
    })

    it('with zeros put back only where the state has the ZIP code', async () => {
      const rows: [place: string, zip: string | undefined][] = [
        ['Austin,TX,7870', undefined],
        ['Beverly Hills,CA,9021', undefined],
        ['Chicago,IL,6061', undefined],
        ['Albany,NY,1220', undefined],
        ['Boston,MA,2139', '02139'],
        ['Holtsville,NY,501', '00501'],
        ['San Juan,PR,926', '00926'],
        ['Charlotte Amalie,Virgin Islands,802', '00802'],
        ['Concord,New Hampshire,3301', '03301'],
        ['Burlington,VT,5401', '05401'],
        ['Fishers Island,NY,6390', '06390'],
        ['APO,AE,9012', '09012'],
        ['Boston,MA,90210', undefined],
        ['Austin,TX,02139', undefined],
        ['Austin,TX,00000', undefined],
      ]
      const list = rows.map(([place], i) => `Ada${i},H,${i} Elm St,${place}`).join('\n')
      const { accepted, rejected } = await read(`${heading}\n${list}\n`)
      assert.deepEqual(
        rows.map((_, i) => accepted.find(row => row.row === i + 2)?.recipient.zip),
        rows.map(([, zip]) => zip),
      )
      assert.equal(rejected[0]!.reasons[0]!.message, '"7870" is no ZIP code of TX; write 12345 or 12345-6789')
      assert.match(rejected.at(-2)!.reasons[0]!.message, /^"02139" is no ZIP code of TX: those that begin with 021 are in MA$/)
    })

    it('says of each row that is not taken why, and numbers it as a spreadsheet would', async () => {
      const rows = [
        ada,
        ada.toUpperCase(),
        '',
        ',,1 Elm St,Boston,MA,02139',
        'Bob,B,,Boston,MA,02139',
        'Cy,C,1 Elm St,Boston,Massachusets,02139',
        'Di,D,1 Elm St,Boston,MA,1',
        `Ed,E,${'long '.repeat(20)},Boston,MA,02139`,
        '"Flo\nnext line",F,1 Elm St,Boston,MA,02139',
        'Gus,G,1 Elm St,Boston,MA,02139,1,2,3',
        'Hal',
      ]
      const { accepted, rejected } = await read(`${heading}\n${rows.join('\n')}\n`)
      assert.deepEqual(
        accepted.map(row => row.row),
        [2, 10, 11],
      )
      assert.equal(accepted[1]!.recipient.name, 'Flo next line F')
      assert.deepEqual(
        rejected.map(({ row, reasons }) => [row, ...reasons.map(({ code, field }) => `${code} ${field}`)]),
        [
          [3, 'duplicate null'],
          [5, 'missing name'],
          [6, 'missing line1'],
          [7, 'invalid state'],
          [8, 'invalid zip'],
          [9, 'too_long line1'],
          [12, 'missing line1', 'missing city', 'missing state', 'missing zip'],
        ],
      )
      assert.match(rejected[0]!.reasons[0]!.message, /same recipient as row 2/)
    })

    it('knows countries by name', async () => {
      const { accepted, rejected } = await read(
        'name,address,city,postcode,country\nA,1 Rue X,Paris,75001,France\nB,Str. 1,Bern,3000,ch\nC,1 High St,Bath,BA1,England\nD,1 Elm St,X,1,Atlantis\nE,1 Elm St,X,1,ZZ\n',
      )
      assert.deepEqual(
        accepted.map(row => row.recipient.country),
        ['FR', 'CH', 'GB'],
      )
      assert.deepEqual(
        rejected.map(row => row.reasons[0]!.field),
        ['country', 'country'],
      )
    })

    it('refuses what is no list', async () => {
      await refused(`${heading}\nAda\0,H,1 Elm St,Boston,MA,02139\n`, /NUL/)
      await refused(Buffer.from(`\ufeff${heading}\nAda\0,x\n`, 'utf16le'), /NUL/)
      await refused(`${heading},__proto__\n${ada},x\n`, /column called "__proto__"/)
      await refused(`${heading},constructor\n${ada},x\n`, /column called "constructor"/)
      await refused('', /holds no recipients/)
      await refused(`${heading}\n\n\n`, /holds no recipients/)
      await refused(randomBytes(100_000), /NUL|no column/)
      await refused('%PDF-1.7\n…', /is a PDF/)
      await refused(Buffer.from('d0cf11e0a1b11ae1', 'hex'), /Excel 97–2003 workbook, or one with a password/)
      await refused(`${heading}\n"${'Ada,'.repeat(200_000)}`, /line of more than|never closed/)
      await refused(`${heading}\n"Ada,Holloway`, /never closed/)
      await refused(`${'a,'.repeat(300)}\n`, /300 columns|301 columns/)
    })

    it('refuses one endless line without holding it', async () => {
      const before = process.memoryUsage.rss()
      await refused(Buffer.alloc(45 * 1024 * 1024, 'a'), /line of more than/)
      await refused(Buffer.alloc(45 * 1024 * 1024, '"a'), /line of more than/)
      await refused(Buffer.alloc(45 * 1024 * 1024, ','), /line of more than/)
      await refused(Buffer.alloc(45 * 1024 * 1024, '\n'), /more than 1000000 lines/)
      assert.ok(process.memoryUsage.rss() - before < 400_000_000)
    })

    it('refuses more rows than a list may have', async () => {
      await refused(`${heading}\n${'x\n'.repeat(200_001)}`, /more than 200000 rows/)
    })

    it('keeps names that are no data as data', async () => {
      const { accepted } = await read(`${heading},note\n__proto__,toString,1 Elm St,Boston,MA,02139,"=HYPERLINK(""x"")"\n`)
      assert.equal(accepted[0]!.recipient.name, '__proto__ toString')
      assert.equal(accepted[0]!.merge_variables.note, '=HYPERLINK("x")')
    })
  })
})
