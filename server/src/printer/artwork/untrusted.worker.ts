/** The worker side of untrusted.ts: one job at a time. */
import { parentPort } from 'node:worker_threads'
import { type PDFiumDocument, PDFiumLibrary } from '@hyzyla/pdfium'
import { importPdf } from './artwork.ts'
import type { Bitmap, Job, JobResult } from './untrusted.ts'

/** 17 × 11 inches at 300 dpi; a page that says it is larger is drawn smaller. */
const MOST_PIXELS = 20_000_000

let library: Promise<PDFiumLibrary> | undefined

async function work(job: Job): Promise<JobResult> {
  if (job.kind === 'import') {
    const imported = await importPdf(job.pdf, job.ask)
    return 'code' in imported ? { refusal: imported } : { imported }
  }
  library ??= PDFiumLibrary.init()
  let document: PDFiumDocument | undefined
  try {
    document = await (await library).loadDocument(job.pdf)
    const bitmaps: Bitmap[] = []
    for (const number of job.pages ?? Array.from({ length: document.getPageCount() }, (_, i) => i)) {
      const page = document.getPage(number)
      const { originalWidth, originalHeight } = page.getOriginalSize()
      const scale = Math.min(job.scale, Math.sqrt(MOST_PIXELS / (originalWidth * originalHeight)))
      // The library hands its BGRA bitmap over as RGBA.
      const { width, height, data } = await page.render({ scale, render: 'bitmap', colorSpace: 'BGRA' })
      bitmaps.push({ width, height, data })
    }
    return { bitmaps }
  } catch {
    return { refusal: { code: 'pdf_unreadable', message: 'The file cannot be drawn.', details: {} } }
  } finally {
    document?.destroy()
  }
}

parentPort!.on('message', async (job: Job) => parentPort!.postMessage(await work(job)))
