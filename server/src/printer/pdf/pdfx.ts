/**
 * What makes a file PDF/X-4 (ISO 15930-7): the output intent with its profile, and XMP metadata that says so. Fonts are embedded, every page
 * has a TrimBox inside its BleedBox, RGB is tagged; that is the work of those who draw. Pure.
 */
import { PdfObject } from './pdf-objects.ts'

interface File {
  title: string
  created: Date
  /** 32 hexadecimal digits that name the content. */
  id: string
  profile: PdfObject
}

const text = (words: string): string =>
  // What XML cannot hold at all (control characters, halves of pairs) is left out.
  words
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>]/g, sign => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]!)

const xmp = ({ title, created, id }: File): string => {
  const date = `${created.toISOString().slice(0, 19)}Z`
  const uuid = `uuid:${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`
  return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfxid="http://www.npes.org/pdfx/ns/id/">
<dc:format>application/pdf</dc:format><dc:title><rdf:Alt><rdf:li xml:lang="x-default">${text(title)}</rdf:li></rdf:Alt></dc:title>
<xmp:CreateDate>${date}</xmp:CreateDate><xmp:ModifyDate>${date}</xmp:ModifyDate><xmp:MetadataDate>${date}</xmp:MetadataDate>
<xmpMM:DocumentID>${uuid}</xmpMM:DocumentID><xmpMM:VersionID>1</xmpMM:VersionID><xmpMM:RenditionClass>default</xmpMM:RenditionClass>
<pdf:Producer>Pennypost</pdf:Producer><pdf:Trapped>False</pdf:Trapped><pdfxid:GTS_PDFXVersion>PDF/X-4</pdfxid:GTS_PDFXVersion>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>`
}

/** The metadata stream, which may not be packed, and the output intent: FOGRA39 of the registry of the ICC. */
export const pdfx = (file: File): { metadata: PdfObject; intent: PdfObject } => {
  const bytes = Buffer.from(xmp(file))
  return {
    metadata: new PdfObject([`<</Type/Metadata/Subtype/XML/Length ${bytes.length}>>\nstream\n`, bytes, '\nendstream']),
    intent: new PdfObject([
      '<</Type/OutputIntent/S/GTS_PDFX/OutputConditionIdentifier(FOGRA39)/RegistryName(http://www.color.org)',
      '/OutputCondition(Offset, coated paper, ISO 12647-2)/Info(FOGRA39L coated, ink limit 300 percent)/DestOutputProfile ',
      file.profile,
      '>>',
    ]),
  }
}
