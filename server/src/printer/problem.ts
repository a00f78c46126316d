/**
 * The refusals of the printer. Every way in which a piece cannot be printed is one row here: a code for programs and one
 * sentence saying what to do about it. The caller adds what went wrong (`message`) and where (`path`, e.g. `back.message`).
 */
export const printFixes = {
  message_empty: 'Write a message, or give the values of its merge fields.',
  message_does_not_fit: 'Shorten the message for this recipient, or choose a larger size.',
  missing_glyphs: 'Remove these characters, or choose a pen or font that has them.',
  missing_merge_value: 'Give the value for this recipient, or write a default: {{name | default: "friend"}}.',
  foreign_merge_field: 'Write merge fields as {{first_name}}, or send confirm_literal: true to print the text as it stands.',
  merge_syntax: 'Write merge fields as {{name}}, {{person.name}} or {{name | default: "text"}}.',
  html_not_supported: 'Use only the tags and properties of docs/guides/artwork.md, or send a finished PDF.',
  html_does_not_fit: 'Shorten the content or make its type smaller.',
  pdf_unreadable: 'Export the file again as a PDF and upload it once more.',
  pdf_encrypted: 'Save the PDF without a password and without restrictions.',
  pdf_wrong_size: 'Export the PDF with exactly the page size given, bleed included.',
  pdf_too_many_pages: 'Split the document or choose another mail format.',
  pdf_too_few_pages: 'Add the missing page.',
  pdf_too_large: 'Make the file smaller than 10 MB, for instance by scaling images to 300 dpi.',
  pdf_too_complex: 'Flatten the artwork or export it as an image at 300 dpi.',
  pdf_fonts_not_embedded: 'Embed all fonts, or convert text to outlines, when you export the PDF.',
  pdf_has_annotations: 'Flatten form fields and annotations before you export the PDF.',
  image_unreadable: 'Send a PNG or a baseline or progressive JPEG.',
  image_too_large: 'Scale the image to 300 dpi at its printed size.',
  image_wrong_shape: 'Crop the image to the proportions given, bleed included.',
  image_resolution_too_low: 'Send an image with at least 300 pixels for every printed inch.',
  unknown_design: 'Choose one of the designs of the catalogue.',
  address_incomplete: 'Give a name or company, a street line, a city and, in the United States, a state and a ZIP code.',
  address_does_not_fit: 'Shorten the address: it must be readable by the sorting machine at 8 points.',
  indicia_does_not_fit: 'Use at most five short lines, four on finished artwork.',
  no_room_in_artwork: 'Put it into the artwork itself, or use a message instead of finished artwork.',
  barcode_invalid: 'Give 20 tracking digits (second digit 0 to 4) and 0, 5, 9 or 11 routing digits.',
  qr_url_invalid: 'Give an http or https link short enough for a code of 0.8 inch.',
  ink_in_address_zone: 'Keep this part of the page white: the address and its barcode are printed there.',
  qr_unreadable: 'Leave the space around the QR code white.',
  barcode_unreadable: 'Leave the space around the barcode white.',
} as const

export type PrintProblemCode = keyof typeof printFixes

/** A piece that cannot be printed, and what to do about it. `details` carries the figures the sentence was made from. */
export class PrintProblem extends Error {
  readonly code: PrintProblemCode
  readonly path: string
  readonly fix: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: PrintProblemCode, path: string, message: string, details: Record<string, unknown> = {}) {
    super(message)
    this.name = 'PrintProblem'
    this.code = code
    this.path = path
    this.fix = printFixes[code]
    this.details = details
  }
}
