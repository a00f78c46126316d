/** Text out of a decoder, made storable: PostgreSQL refuses NUL in text and half surrogates in jsonb. */
export const cleanText = (text: string): string => {
  const whole = text.isWellFormed() ? text : text.toWellFormed()
  return whole.includes('\0') ? whole.replaceAll('\0', '') : whole
}
