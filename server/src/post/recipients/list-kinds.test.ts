/** Lists as programs export them and people keep them: under their headings, below their titles, in their languages and encodings. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { listFiles, printed, reasons } from '../../../test/read-list.ts'

const jane = 'JANE DOE / 12 OAK AVE / BOSTON MA 02139'
const bob = 'BOB RAY / 9 ELM ST / AUSTIN TX 78701'

describe('lists', () => {
  let files: Awaited<ReturnType<typeof listFiles>>
  before(async () => {
    files = await listFiles()
  })
  after(() => files.close())
  const read = (content: string | Uint8Array, options = {}) => files.read(content, options)
  const shows = async (content: string | Uint8Array, lines: string[], options = {}) =>
    assert.deepEqual(printed(await read(content, options)), lines)

  describe('exported by', () => {
    for (const [program, list, lines] of [
      [
        'Shopify, customers',
        `First Name,Last Name,Email,Default Address Company,Default Address Address1,Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone
Jane,Doe,j@example.com,,12 Oak Ave,,Boston,MA,US,'02139,`,
        [jane],
      ],
      [
        'Shopify, orders',
        `Name,Email,Billing Name,Billing Street,Billing Address1,Billing City,Billing Zip,Billing Province,Billing Country,Shipping Name,Shipping Street,Shipping Address1,Shipping Address2,Shipping City,Shipping Zip,Shipping Province,Shipping Country
#1001,j@example.com,John Doe,500 Rental Ln,500 Rental Ln,Tampa,'33602,FL,US,Jane Doe,"12 Oak Ave, Apt 4",12 Oak Ave,Apt 4,Boston,'02139,MA,US`,
        ['JANE DOE / 12 OAK AVE APT 4 / BOSTON MA 02139'],
      ],
      [
        'Google Contacts',
        `First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Last Name,Name Prefix,Name Suffix,File As,Organization Name,Organization Title,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,Address 1 - City,Address 1 - PO Box,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,Address 1 - Extended Address
Jane,Q,Doe,,,Dr.,,,,,Home,"12 Oak Ave\nBoston, MA 02139",12 Oak Ave,Boston,,MA,02139,US,`,
        [jane],
      ],
      [
        'Google Contacts, old',
        `Name,Given Name,Additional Name,Family Name,Yomi Name,Organization 1 - Name,Address 1 - Type,Address 1 - Street,Address 1 - City,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country
Jane Doe,Jane,,Doe,,,Home,12 Oak Ave,Boston,MA,02139,US`,
        [jane],
      ],
      [
        'Outlook',
        `Title,First Name,Middle Name,Last Name,Suffix,Company,Job Title,Business Street,Business City,Business State,Business Postal Code,Business Country/Region,Home Street,Home City,Home State,Home Postal Code,Home Country/Region
Ms.,Jane,,Doe,,Acme Inc,CEO,1 Work St,Boston,MA,02110,United States of America,12 Oak Ave,Boston,MA,02139,United States of America
,Bob,,Ray,,Beta LLC,,9 Elm St,Austin,TX,78701,,,,,,`,
        [jane, 'BOB RAY / BETA LLC / 9 ELM ST / AUSTIN TX 78701'],
      ],
      [
        'HubSpot',
        `Record ID,First Name,Last Name,Email,Contact owner,Associated Company,Street Address,City,State/Region,Postal Code,Country/Region
1,Jane,Doe,j@example.com,Sam Sales,,12 Oak Ave,Boston,Massachusetts,02139,United States`,
        [jane],
      ],
      [
        'Mailchimp',
        `Email Address,First Name,Last Name,Address,Phone Number,Birthday
j@example.com,Jane,Doe,"12 Oak Ave  Boston  MA  02139  US",,
b@example.com,Bob,Ray,"9 Elm St, Austin, TX, 78701, United States",,`,
        [jane, bob],
      ],
      [
        'Klaviyo',
        `Email,Klaviyo ID,First Name,Last Name,Organization,Title,Address,Address 2,City,State / Region,Country,Zip Code
j@example.com,01X,Jane,Doe,,CEO,12 Oak Ave,,Boston,MA,United States,02139`,
        [jane],
      ],
      [
        'Stripe',
        `id,Email,Name,Card Name,Card Address Line1,Card Address City,Card Address State,Card Address Country,Card Address Zip,Shipping Name,Shipping Address Line1,Shipping Address Line2,Shipping Address City,Shipping Address State,Shipping Address Country,Shipping Address Postal Code
cus_1,j@example.com,Jane D,J DOE,500 Rental Ln,Tampa,FL,US,33602,Jane Doe,12 Oak Ave,,Boston,MA,US,02139
cus_2,b@example.com,Bob,Bob Ray,9 Elm St,Austin,TX,US,78701,,,,,,,`,
        [jane, bob],
      ],
      [
        'Salesforce',
        `"Salutation","First Name","Last Name","Account Name","Title","Mailing Street","Mailing City","Mailing State/Province","Mailing Zip/Postal Code","Mailing Country","Other Street","Other City"
"Ms.","Jane","Doe","","CEO","12 Oak Ave\nSuite 400","Boston","MA","02139","United States","",""`,
        ['JANE DOE / 12 OAK AVE STE 400 / BOSTON MA 02139'],
      ],
      [
        'WooCommerce',
        `order_number,billing_first_name,billing_last_name,billing_company,billing_address_1,billing_city,billing_state,billing_postcode,billing_country,shipping_first_name,shipping_last_name,shipping_address_1,shipping_address_2,shipping_city,shipping_state,shipping_postcode,shipping_country
1,John,Doe,,500 Rental Ln,Tampa,FL,33602,US,Jane,Doe,12 Oak Ave,,Boston,MA,02139,US
2,Bob,Ray,,9 Elm St,Austin,TX,78701,US,,,,,,,,`,
        [jane, bob],
      ],
      [
        'WooCommerce, by another exporter',
        `First Name (Billing),Last Name (Billing),Address 1&2 (Billing),City (Billing),State Code (Billing),Postcode (Billing),Country Code (Billing)
Jane,Doe,12 Oak Ave,Boston,MA,02139,US`,
        [jane],
      ],
      [
        'QuickBooks',
        `Acme Corp\nCustomer Contact List\n"November 26, 2026"\n
Customer,Phone Numbers,Email,Full Name,Billing Address,Shipping Address
Doe,,j@example.com,Jane Doe,"500 Rental Ln\nTampa, FL 33602 US","12 Oak Ave\nBoston, MA 02139 US"
Ray,,,Bob Ray,"9 Elm St, Austin TX 78701",`,
        [jane, bob],
      ],
      [
        'QuickBooks Desktop',
        `Customer,Bill to 1,Bill to 2,Bill to 3,Bill to 4
Jane,Jane Doe,12 Oak Ave,"Boston, MA 02139",
Acme,Acme Inc,Attn: Bob Ray,9 Elm St,"Austin, TX 78701"`,
        [jane, 'BOB RAY / ACME INC / 9 ELM ST / AUSTIN TX 78701'],
      ],
      [
        'Amazon',
        `order-id\tbuyer-name\trecipient-name\tship-address-1\tship-address-2\tship-city\tship-state\tship-postal-code\tship-country\tlatest-ship-date
1\tJohn\tJane Doe\t12 Oak Ave\t\tBoston\tMA\t02139\tUS\t2026-11-01`,
        [jane],
      ],
      [
        'a shop of mailing lists',
        `Owner 1 First Name,Owner 1 Last Name,Owner 2 First Name,Property Address,Property City,Property State,Property Zip,County,Mailing Address,Mailing Unit #,Mailing City,Mailing State,Mailing Zip,Mailing County
Jane,Doe,Jim,77 Rental Rd,Tampa,FL,33602,Hillsborough,12 Oak Ave,,Boston,MA,02139,Suffolk`,
        [jane],
      ],
    ] as const)
      it(program, () => shows(list, [...lines]))
  })

  it('in the languages of their people', async () => {
    for (const [list, line] of [
      ['Vorname;Nachname;Adresse;Stadt;Bundesstaat;PLZ\nJane;Doe;12 Oak Ave;Boston;MA;02139', jane],
      [
        'Anrede;Vorname;Name;Straße;Hausnummer;PLZ;Ort;Land\nFrau;Jörg;Weiß;Hauptstraße;5;10115;Berlin;Deutschland',
        'JÖRG WEISS / HAUPTSTRASSE 5 / BERLIN / GERMANY',
      ],
      ['Name;Straße/Nr.;PLZ/Ort;Bundesstaat\nJane Doe;12 Oak Ave;02139 Boston;MA', jane],
      [
        'Nom;Prénom;Adresse;Complément d’adresse;Code postal;Ville;Pays\nTremblay;Marie;1500 Rue Guy;;H3G1S8;Montréal;Canada',
        'MARIE TREMBLAY / 1500 RUE GUY / MONTRÉAL QC H3G 1S8 / CANADA',
      ],
      ['Nombre;Apellidos;Dirección;Ciudad;Estado;Código postal\nJane;Doe;12 Oak Ave;Boston;MA;02139', jane],
      ['Nome;Cognome;Indirizzo;Città;Provincia;CAP;Paese\nJane;Doe;12 Oak Ave;Boston;MA;02139;Stati Uniti', jane],
      ['Nome;Sobrenome;Endereço;Cidade;Estado;CEP;País\nJane;Doe;12 Oak Ave;Boston;MA;02139;Estados Unidos', jane],
      ['Voornaam;Achternaam;Adres;Plaats;Provincie;Postcode;Land\nJane;Doe;12 Oak Ave;Boston;MA;02139;USA', jane],
      ['Förnamn;Efternamn;Adress;Ort;Delstat;Postnummer;Land\nJane;Doe;12 Oak Ave;Boston;MA;02139;USA', jane],
    ] as const)
      await shows(list, [line])
  })

  it('in Mac Roman, with the line ends of old Macs', async () => {
    const list =
      'First Name,Last Name,Address,City,State,Zip\rJosé,Núñez,12 Oak Ave,Boston,MA,02139\rZoë,O’Brien,9 Elm St,Austin,TX,78701\r'
    const mac = new Map([...'éúñëíö’Ö'].map((letter, i) => [letter, [0x8e, 0x9c, 0x96, 0x91, 0x92, 0x9a, 0xd5, 0x85][i]!]))
    const bytes = Buffer.from([...list].map(letter => mac.get(letter) ?? letter.charCodeAt(0)))
    for (const ends of ['\r', '\r\n', '\n']) {
      const read = await files.read(Buffer.from(bytes.toString('latin1').replaceAll('\r', ends), 'latin1'))
      assert.deepEqual(
        read.accepted.map(({ recipient }) => recipient.name),
        ['José Núñez', 'Zoë O’Brien'],
      )
      assert.equal((read.format as { encoding: string }).encoding, 'macintosh')
    }
    // The same letters by Windows, where ’ is a byte that Macs read as í.
    const windows = Buffer.from(list.replace('’', '\u0092'), 'latin1')
    const read = await files.read(windows)
    assert.equal((read.format as { encoding: string }).encoding, 'windows-1252')
    assert.equal(read.accepted[1]!.recipient.name, 'Zoë O’Brien')
  })

  it('below titles, and between totals', async () => {
    const list = `Customers of 2026;;;;\n\nprinted on;26.11.2026;;;
First Name;Last Name;Address;City;State;Zip
Jane;Doe;12 Oak Ave;Boston;MA;02139
First Name;Last Name;Address;City;State;Zip
Bob;Ray;9 Elm St;Austin;TX;78701
Total;;;;;2`
    const found = await read(list)
    assert.deepEqual(printed(found), [jane, bob])
    assert.deepEqual([found.heading_row, found.accepted[0]!.row], [4, 5])
    assert.deepEqual(reasons(found), ['6 not_a_recipient null', '8 not_a_recipient null'])
  })

  it('under two rows of headings', async () => {
    for (const list of [
      'Recipient,,Shipping,,,,Billing,,,\nFirst,Last,Street,City,State,Zip,Street,City,State,Zip\nJane,Doe,12 Oak Ave,Boston,MA,02139,500 Rental Ln,Tampa,FL,33602',
      'First,Last,Street,,,Zip\nName,Name,Address,City,State,Code\nJane,Doe,12 Oak Ave,Boston,MA,02139',
      'First Name,Last Name,Street Address,City,State,Zip\nfirstname,lastname,address,city,state,zip\nJane,Doe,12 Oak Ave,Boston,MA,02139',
      'Person,,Address,,,\nFirst Name,Last Name,Street,City,State,Zip\nJane,Doe,12 Oak Ave,Boston,MA,02139',
    ])
      await shows(list, [jane])
  })

  it('with values that a spreadsheet was kept from changing', async () => {
    const rows = ['="02139"', "'02139", '’02139', '"=""02139"""', '=" 02139 "']
    const list = rows.map((zip, i) => `Jane,D${i},12 Oak Ave,Boston,MA,${zip}`).join('\n')
    const found = await read(`first,last,address,city,state,zip\n${list}`)
    assert.deepEqual(
      found.accepted.map(({ recipient }) => recipient.zip),
      rows.map(() => '02139'),
    )
    assert.equal(found.corrections.spreadsheet_marks, rows.length)
    await shows("name,address,city,state,zip\n't Hooft,'12 Oak Ave,Boston,MA,02139", ["'T HOOFT / 12 OAK AVE / BOSTON MA 02139"])
  })

  it('with a billing and a shipping address: mail goes to the second, and it is said', async () => {
    const list = `First Name,Last Name,Billing Address,Billing City,Billing State,Billing Zip,Shipping Address,Shipping City,Shipping State,Shipping Zip
Jane,Doe,500 Rental Ln,Tampa,FL,33602,12 Oak Ave,Boston,MA,02139
Bob,Ray,9 Elm St,Austin,TX,78701,,,,`
    const found = await read(list)
    assert.deepEqual(printed(found), [jane, bob])
    assert.equal(found.corrections.other_address, 1)
    assert.match(
      found.warnings[0]!.message,
      /^Two addresses were found in each row\. Mail goes to the shipping address \("Shipping Address"\)/,
    )
    await shows(list, ['JANE DOE / 500 RENTAL LN / TAMPA FL 33602', bob], { mapping: { line1: 'Billing Address' } })
  })

  it('with city, state and ZIP code in one cell, or beside what they repeat', async () => {
    for (const list of [
      'Name,Address,"City, State, ZIP"\nJane Doe,12 Oak Ave,"Boston, MA 02139"',
      'Name,Address,City/State,Zip\nJane Doe,12 Oak Ave,"Boston, MA",02139',
      'Name,Address,City,State Zip\nJane Doe,12 Oak Ave,Boston,MA 02139',
      'Name,Address,City,State,Zip\nJane Doe,12 Oak Ave,"Boston, MA 02139",,',
      'Name,Address,City,State,Zip\nJane Doe,12 Oak Ave,"Boston, MA",MA,02139',
      'Name,Address,City,State,Zip\nJane Doe,"12 Oak Ave, Boston, MA 02139",Boston,MA,02139',
      'Name,Address,City,County,State,Zip\nJane Doe,12 Oak Ave,Boston,Suffolk,MA,02139',
    ])
      await shows(list, [jane])
  })

  it('with a whole address in one cell, as far as it can be taken apart', async () => {
    const found = await read('Name,Address\nJane Doe,"12 Oak Ave, Boston, MA 02139"\nBob Ray,100 Park Ave St Louis MO 63101')
    assert.deepEqual(printed(found), [jane])
    assert.deepEqual(reasons(found), ['3 invalid full_address'])
    assert.match(found.rejected[0]!.reasons[0]!.message, /cannot be taken apart safely; write street, city, state and ZIP code/)
  })

  it('with military addresses and those in Canada', async () => {
    await shows(
      `Name,Address,City,State,Zip,Country
Jane Doe,PSC 3 Box 4,APO AE 09012,,,
Bob Ray,Unit 2050 Box 4190,APO,AP,96278,South Korea
Al Poe,PSC 3 Box 5,"FPO, AE",,9012,
Marie Tremblay,1500 Rue Guy,Montréal,Québec,H3G1S8,CA
Ann Roe,1 King St W,Toronto,ON,M5V3L9,`,
      [
        'JANE DOE / PSC 3 BOX 4 / APO AE 09012',
        'BOB RAY / UNIT 2050 BOX 4190 / APO AP 96278',
        'AL POE / PSC 3 BOX 5 / FPO AE 09012',
        'MARIE TREMBLAY / 1500 RUE GUY / MONTRÉAL QC H3G 1S8 / CANADA',
        'ANN ROE / 1 KING ST W / TORONTO ON M5V 3L9 / CANADA',
      ],
    )
  })

  it('with letters that no machine reads, or that were lost', async () => {
    const found = await read(`Name,Address,City,State,Zip
Иван Петров,12 Oak Ave,Boston,MA,02139
Ivan,ул. Ленина 5,Boston,MA,02139
田中,12 Oak Ave,Boston,MA,02139
Jane Doe,12 Oak Ave,波士顿,MA,02139
Jos\ufffd Doe,12 Oak Ave,Boston,MA,02139`)
    assert.deepEqual(reasons(found), ['3 unreadable line1', '4 unreadable name', '5 unreadable city', '6 invalid name'])
    assert.deepEqual(found.warnings, [
      { row: 2, message: 'The name is in Cyrillic letters; people can read them, sorting machines cannot.' },
    ])
  })

  it('with two columns that mean the same, each filled in some rows', () =>
    shows('name,address,city,state,zip,line1\nJane Doe,12 Oak Ave,Boston,MA,02139,\nBob Ray,,Austin,TX,78701,9 Elm St', [
      jane,
      bob,
    ]))

  it('with words that programs write for nothing', () =>
    shows('Name,Company,Address,Address 2,City,State,Zip\nJane Null,NULL,12 Oak Ave,N/A,Boston,MA,02139', [
      'JANE NULL / 12 OAK AVE / BOSTON MA 02139',
    ]))

  it('with names in one cell', async () => {
    const found = await read(
      'Full Name,Address 1,City,State,Zip\nJane Doe,12 Oak Ave,Boston,MA,02139\n"Doe, John",12 Oak Ave,Boston,MA,02139\nAcme Inc,12 Oak Ave,Boston,MA,02139',
    )
    assert.deepEqual(
      found.accepted.map(({ recipient, merge_variables: { first_name, last_name } }) => [recipient.name, first_name, last_name]),
      [
        ['Jane Doe', 'Jane', 'Doe'],
        ['John Doe', 'John', 'Doe'],
        ['Acme Inc', undefined, undefined],
      ],
    )
    assert.deepEqual(found.corrections, { name_split: 2, name_turned: 1 })
  })
})
