/** The usual libraries reading a list and doing nothing with it: rows a second, and the memory it took. `CSV|XLSX FILE` */
import { createReadStream } from 'node:fs'
import { parse } from 'csv-parse'
import readExcelFile from 'read-excel-file/node'

const [, , what, path] = process.argv as [string, string, string, string]

const readCsv = async (): Promise<number> => {
  let count = 0
  for await (const _ of createReadStream(path).pipe(parse())) count++
  return count
}
const readXlsx = async (): Promise<number> => ((await readExcelFile(path)) as unknown as { data: unknown[] }[])[0]!.data.length

const start = performance.now()
const rows = await (what === 'CSV' ? readCsv() : readXlsx())
const seconds = (performance.now() - start) / 1000
console.log(JSON.stringify({ rate: rows / seconds, most: process.resourceUsage().maxRSS / 1024 }))
