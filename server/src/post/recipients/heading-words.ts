/**
 * What people and programs write above the columns of an address list: in English, German, French, Spanish, Italian, Portuguese, Dutch,
 * Scandinavian languages and Polish; as exported by Shopify, Google Contacts, Outlook, HubSpot, Mailchimp, Klaviyo, Stripe, Salesforce,
 * WooCommerce, QuickBooks, Etsy, Amazon, eBay, Square, Constant Contact and mailing-list shops. Words are in small letters without accents
 * and without blanks; the earlier ones are preferred where several columns would do.
 */

/** What a column may be, beside a merge field. */
export const fields = [
  'name',
  'first_name',
  'middle_name',
  'last_name',
  'name_prefix',
  'name_suffix',
  'company',
  'line1',
  'line2',
  'line3',
  'house_number',
  'po_box',
  'city',
  'state',
  'zip',
  'zip4',
  'country',
  'city_state_zip',
  'full_address',
] as const
export type Field = (typeof fields)[number]

const words: Readonly<Record<Field, string>> = {
  name: `fullname name recipientname recipient addressee contactname displayname customername customerfullname ownername membername
    donorname buyername contact customer owner fileas nameoncard vollstandigername nomcomplet nombrecompleto nomecompleto volledigenaam
    nom nombre nome naam navn namn imieinazwisko empfanger destinataire destinatario kontakt navnoverpakke`,
  first_name: `firstname first fname givenname given forename christianname vorname rufname prenom primernombre primeiro primeironome
    voornaam fornamn fornavn imie`,
  middle_name:
    'middlename middle middleinitial mi additionalname secondname zweitervorname deuxiemeprenom segundonombre mellannavn',
  last_name: `lastname last lname surname familyname family nachname familienname zuname nomdefamille apellidos apellido primerapellido
    cognome sobrenome apelido ultimonome achternaam efternamn efternavn etternavn nazwisko`,
  name_prefix: 'nameprefix prefix salutation honorific title courtesytitle anrede titel civilite tratamiento titolo aanhef',
  name_suffix: 'namesuffix suffix generationalsuffix generation namenszusatz',
  company: `company companyname business businessname organization organisation organizationname organisationname org accountname account
    associatedcompany employer firm organization1name organisation1name companyaccount companyororganization companyorganization firma firmenname unternehmen societe entreprise
    raisonsociale nomdelasociete empresa nombredelaempresa compania razonsocial azienda societa ragionesociale ditta bedrijf bedrijfsnaam
    foretag firmanavn virksomhed`,
  line1: `address1 addressline1 streetaddress1 streetaddressline1 street1 streetline1 line1 addr1 streetaddress addressstreet addressaddress1
    addressaddress address street addr postaladdress streetandnumber streetandnr primaryaddress deliveryaddress addressline strasseundhausnummer strasseandhausnummer strasseandnr strassehausnummer strassenr
    strassehausnr strasseundnr strasseundnummer strasse str anschrift adresse1 adressezeile1 adresszeile1 adressligne1 adresseligne1 adresse
    rue numeroetrue direccion1 direccion calle calleynumero domicilio indirizzo1 indirizzo endereco1 endereco morada rua logradouro
    adresregel1 adres straat straatnaam straatenhuisnummer adress gatuadress gateadresse vejnavn ulica`,
  line2: `address2 addressline2 streetaddress2 streetaddressline2 street2 streetline2 line2 addr2 addressaddress2 secondaryaddress
    extendedaddress addressextendedaddress aptsuite aptunit aptsuiteetc apartmentsuite apartmentsuiteetc suiteapt unitnumber aptnumber
    apartmentnumber suitenumber addressunit unit apt apartment suite adresszusatz adressezusatz zusatz adresse2 adresszeile2 adressezeile2
    adresseligne2 adressligne2 complementdadresse complementadresse complement direccion2 indirizzo2 endereco2 complemento adresregel2
    toevoeging`,
  line3: 'address3 addressline3 streetaddress3 streetaddressline3 street3 streetline3 line3 addr3 adresse3 direccion3',
  house_number:
    'housenumber houseno housenr streetnumber streetno hausnummer hausnr numerodevoie numeroexterior numerocivico huisnummer husnummer',
  po_box: 'pobox postofficebox addresspobox postfach boitepostale bp apartadopostal casellapostale caixapostal postbus postboks',
  city: `city town locality cityname citytown towncity municipality suburb addresscity stadt ort wohnort ortschaft stadtort ville commune
    localite ciudad localidad poblacion municipio citta comune localita cidade localidade plaats woonplaats stad postort by poststed miasto
    miejscowosc`,
  state: `state st statecode stateprovince provincestate provincecode stateprovinceregion stateregion statecounty stateorprovince
    stateabbreviation stateabbr statecd stateprovincecode stateregioncode addressstate addressprovincecode addressprovince province
    provincename regioncode bundesstaat bundesland staat region addressregion etat departement estado provincia regione uf distrito
    provincie delstat lan wojewodztwo county`,
  zip: `zip zipcode postalcode zippostalcode zippostal postalzip zip5 zipcode5 postcode postal addresszip addresszipcode addresspostalcode
    zipcodepostalcode postcodezip zippostcode postzip plz postleitzahl codepostal codigopostal codpostal cp cap codicepostale cep postnummer
    postnr kodpocztowy`,
  zip4: 'zip4 plus4 zipplus4 zip4code zipcode4 zipextension zipext ziplus4 fourdigitzip',
  country: `countrycode country nation countryregion countryname countryregioncode addresscountry addresscountrycode land pays pais paese
    nazione kraj landercode landkod`,
  city_state_zip: `citystatezip citystzip citystatezipcode citystatepostalcode citystateandzip citystateandzipcode townstatezip csz lastline
    cityprovincepostalcode cityprovincepostal citystatezipcountry citystate cityst cityprovince cityandstate cityzip citypostalcode zipcity
    plzort plzundort plzstadt ortplz codepostalville cpville codigopostalciudad cpciudad capcitta postcodeplaats postnummerort statezip stzip
    stateandzip statezipcode stateprovincepostalcode`,
  full_address: `fulladdress completeaddress formatted formattedaddress addressformatted addressfull addressblock wholeaddress mailingaddressblock
    addressasonecell adressecomplete vollstandigeadresse direccioncompleta indirizzocompleto enderecocompleto volledigadres`,
}

/** Squeezed heading → field, and how well it fits: less is better. */
export const known = new Map<string, { field: Field; rank: number }>()
for (const field of fields)
  for (const [rank, word] of words[field].trim().split(/\s+/).entries()) if (!known.has(word)) known.set(word, { field, rank })

/** Whose address a column belongs to; `''` when the heading does not say. */
export type Group =
  | ''
  | 'shipping'
  | 'mailing'
  | 'home'
  | 'work'
  | 'other'
  | 'second'
  | 'third'
  | 'billing'
  | 'property'
  | 'apart'

/** Where mail goes first. `apart` never: senders, spouses, previous addresses. */
export const groupOrder: readonly Group[] = [
  'shipping',
  'mailing',
  '',
  'home',
  'work',
  'billing',
  'other',
  'second',
  'third',
  'property',
]

const groupWords: Readonly<Record<Exclude<Group, ''> | 'plain', string>> = {
  shipping: `shipping to|shipping|shipto|ship to|ship|delivery|deliver to|deliver|lieferanschrift|lieferadresse|liefer|lieferung|versand|livraison|
    envio|entrega|spedizione|consegna|bezorging|bezorg|verzend|leverings|levering|leverans|dostawa|dostawy`,
  mailing: 'mailing|mail|mail to|mailto|correspondence|postal address|postanschrift|postadresse',
  home: 'home|personal|private|residential|residence|privat|domicile|particular|casa|prive',
  work: 'business|work|office|company|organization|organisation|geschaftlich|geschaft|arbeit|buro|firmen|bureau|travail|trabajo|oficina|zakelijk',
  other: 'other|alternate|alternative|alt|andere|weitere|autre|otra|altro',
  second: 'address 2|secondary|2nd|second|owner 2|owner2',
  third: 'address 3|third|3rd',
  billing: `bill to|billto|billing to|billing|bill|invoice|invoicing|card|payer|rechnungsanschrift|rechnungsadresse|rechnungs|rechnung|facturation|
    facturacion|fatturazione|faturamento|cobranca|factuur|faktura|fakturerings|payment`,
  property: 'property|site|situs|parcel|listing|physical|service',
  apart: `from|sender|return|returns|seller|vendor|supplier|store|shop|warehouse|origin|spouse|partner|emergency contact|emergency|previous|
    former|old|absender|expediteur|remitente|mittente|phonetic|yomi|ip|web|website|email|e mail|assistant|manager|agent|co borrower`,
  plain: `default address|default|primary|main|contact|customer|client|recipient|person|member|donor|guest|patient|student|employee|subscriber|
    attendee|buyer|owner 1|owner1|owner|lead|user|to|the|your|us|current|permanent|full|standard|address 1|kunden|kunde|
    empfanger|kontakt|client|cliente|destinataire|destinatario`,
}

const phrases: readonly { group: Group; words: string }[] = (Object.keys(groupWords) as (keyof typeof groupWords)[])
  .flatMap(group =>
    groupWords[group].split('|').map(text => ({ group: group === 'plain' ? '' : group, words: text.trim() }) as const),
  )
  .sort((a, b) => b.words.length - a.words.length)

/** `Straße & Nr.` → `strasse nr`, `shipping_firstName` → `shipping first name`. */
const wordsOf = (heading: string): string =>
  heading
    .slice(0, 200)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('ß', 'ss')
    .replaceAll('&', ' and ')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

export interface Meaning {
  field: Field
  group: Group
  rank: number
}

/** Words that say something by themselves, but nothing behind another: `By` is a Danish town, `Ship By` a date. */
const alone = new Set('by mi cap lan title titel contact customer owner firm kontakt generation'.split(' '))
/** Headings made of known words that mean something else. */
const others = new Set(
  'contact owner|account owner|lead owner|deal owner|organization title|name title|ship via|address type|address label'.split(
    '|',
  ),
)
const connectors = /(?<= )(de|da|do|di|del|della|du|d|l|la|le|of|the|van|von|og|para|a) /g

/** A column that holds one line of an address block, as QuickBooks writes them: `Bill to 1` to `Bill to 5`. */
export const isBlockLine = ({ field, rank }: Meaning): boolean => field === 'full_address' && rank > 100

/** What a heading means by itself: `Default Address Province Code` → state; `Address 1&2 (Billing)` → line1, billing. */
export const meaningOf = (heading: string): Meaning | undefined => {
  const words = wordsOf(heading)
  if (words === '' || others.has(words)) return undefined
  const block = /^(bill|ship) to( [1-6])?$/.exec(words)
  if (block)
    return { field: 'full_address', group: block[1] === 'bill' ? 'billing' : 'shipping', rank: 100 + Number(block[2] ?? 0) }
  const whole = known.get(words.replaceAll(' ', ''))
  if (whole) return { ...whole, group: '' }
  return (
    without(words, '', 3) ??
    without(words.replace(connectors, ''), '', 3) ??
    without(words.replace(/^(liefer|rechnungs|versand|leverings|bezorg|factuur|faktura)(?=[a-z]{2})/, '$1 '), '', 3)
  )
}

/** The meaning of what is left when words that name a group are taken from either end. */
const without = (words: string, group: Group, depth: number): Meaning | undefined => {
  const found = lookUp(words)
  if (found) return { ...found, group }
  if (depth === 0) return undefined
  for (const phrase of phrases) {
    const rest = words.startsWith(`${phrase.words} `)
      ? words.slice(phrase.words.length + 1)
      : !/\d$/.test(phrase.words) && words.endsWith(` ${phrase.words}`)
        ? words.slice(0, -phrase.words.length - 1)
        : undefined
    const meaning = rest && without(rest, group || phrase.group, depth - 1)
    if (meaning) return meaning
  }
  return undefined
}

const lookUp = (words: string): { field: Field; rank: number } | undefined => {
  if (alone.has(words)) return undefined
  if (/^address (line )?1 (and )?2$/.test(words)) return { field: 'line1', rank: 0 }
  const squeezed = words.replaceAll(' ', '')
  return known.get(squeezed) ?? known.get(squeezed.replace(/^address(?=(po|postal|city|state|zip|country|region|province))/, ''))
}

const unitWords: Readonly<Record<string, string>> = {
  apt: 'Apt',
  aptnumber: 'Apt',
  apartment: 'Apt',
  apartmentnumber: 'Apt',
  suite: 'Ste',
  suitenumber: 'Ste',
  unit: 'Unit',
  unitnumber: 'Unit',
  addressunit: 'Unit',
  aptsuite: '#',
  aptunit: '#',
  suiteapt: '#',
}

/** What stands before a bare number in a column for the second line: `Apt` over `4` means Apt 4; `#` where it can be several things. */
export const unitWord = (heading: string): string | undefined => {
  const words = wordsOf(heading)
  const phrase = phrases.find(({ words: known }) => words.startsWith(`${known} `))
  return unitWords[words.replaceAll(' ', '')] ?? (phrase && unitWords[words.slice(phrase.words.length + 1).replaceAll(' ', '')])
}
