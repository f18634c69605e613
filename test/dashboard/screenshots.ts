import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/core/clock.ts'
import { modelStore, SHIPPED_MODELS } from '../../src/throughput/model-store.ts'
import { throughputModel } from '../../src/throughput/throughput-model.ts'
import { launch } from './browser.ts'
import { fedSelection, serve } from './fed-selection.ts'

// Draws the pictures of the page in docs/images/: node test/dashboard/screenshots.ts; a palette of 128 colours then makes them small.
const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url))

const { model } = await modelStore(SHIPPED_MODELS).serving()
const known = model === undefined ? {} : { throughput: throughputModel(model) }
const fed = fedSelection({ now: () => systemClock.now(), ...known })
const served = await serve(fed, { timers: systemClock })
fed.meet()
fed.runTraffic(2400, 3)
await mkdir(IMAGES, { recursive: true })
const browser = await launch()
for (const colorScheme of ['light', 'dark'] as const) {
  const page = await browser.newPage({ viewport: { width: 1360, height: 1680 }, colorScheme, reducedMotion: 'reduce' })
  await page.goto(served.origin)
  await page.waitForSelector('body[data-connection="live"] .plot path')
  await page.screenshot({ path: `${IMAGES}dashboard-${colorScheme}.png` })
  await page.close()
}
await browser.close()
await served.stop()
