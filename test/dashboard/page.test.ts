import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { eventsOf } from './events.ts'
import { CHROMIUM, launch, seriousViolations } from './browser.ts'
import { type Fed, fedSelection, serve, type Served } from './fed-selection.ts'

const INTERVAL_MS = 50
const digits = (text: string | null) => Number((text ?? '').replace(/[^\d.]/g, ''))

if (CHROMIUM === undefined)
  process.stderr.write('The tests of the page are skipped: no Chromium is installed, and CHROMIUM names none\n')

describe.skipIf(CHROMIUM === undefined)('the page', () => {
  let browser: Browser
  let fed: Fed
  let served: Served
  const complaints: string[] = []

  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(async () => {
    await browser.close()
  })

  beforeEach(async () => {
    fed = fedSelection()
    served = await serve(fed, { timers: systemClock, intervalMs: INTERVAL_MS })
    complaints.length = 0
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
    await served.stop()
  })

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })).newPage()
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', ({ message }) => complaints.push(message))
    await page.goto(served.origin)
    await connected(page)
    return page
  }

  const connected = (page: Page) => page.waitForSelector('body[data-connection="live"]')

  async function withJobs(count: number): Promise<void> {
    fed.meet()
    await fed.runJobs(count)
  }

  const shows = (page: Page, id: string, text: string) => page.locator(`#total-${id}`).getByText(text, { exact: true }).waitFor()

  it('says how to begin, and comes alive with the first request', async () => {
    fed.meet()
    const page = await open()
    const command = await page.locator('#first-request-command').textContent()
    expect(command).toContain(`curl ${served.origin}/v1/chat/completions`)
    expect(command).toContain('"model":"llama-3.1-8b-instruct"')
    await fed.runJob()
    await page.locator('#first-request').waitFor({ state: 'hidden' })
    await shows(page, 'successes', '1')
    expect(complaints).toEqual([])
  })

  it('has the figures of the statistics', async () => {
    await withJobs(300)
    fed.begin()
    const page = await open()
    const { decisions, inFlight, byPolicy, byPeer, byArm } = fed.statistics.totals
    const tally = byPolicy.get('thompson')!
    const failures = Object.values(tally.failures).reduce((sum, count) => sum + count, 0)
    const figure = async (id: string) => digits(await page.locator(`#total-${id}`).textContent())
    expect(await figure('decisions')).toBe(decisions)
    expect(await figure('in-flight')).toBe(inFlight)
    expect(await figure('successes')).toBe(tally.successes)
    expect(await figure('failures')).toBe(failures)
    expect(await figure('tokens')).toBe(tally.outputTokens)
    const policy = page.locator('#policies tr[data-policy="thompson"] td')
    expect([digits(await policy.nth(0).textContent()), digits(await policy.nth(1).textContent())]).toEqual([
      tally.successes,
      failures
    ])
    const attempts = (counted: typeof tally | undefined) =>
      counted === undefined ? 0 : counted.successes + Object.values(counted.failures).reduce((sum, count) => sum + count, 0)
    for (const peer of fed.members) {
      expect(digits(await page.locator(`#peers tr[data-peer="${peer}"] td`).nth(7).textContent())).toBe(
        attempts(byPeer.get(peer))
      )
    }
    for (const arm of fed.selection.policy.arms) {
      expect(digits(await page.locator(`#arms tr[data-arm="${arm}"] td`).nth(4).textContent())).toBe(attempts(byArm.get(arm)))
    }
    expect(await page.locator('#decisions tbody tr').count()).toBe(50)
    expect(complaints).toEqual([])
  })

  it('follows what happens, and rests while it is paused', async () => {
    await withJobs(20)
    const page = await open()
    await shows(page, 'decisions', '20')
    await fed.runJobs(5)
    await shows(page, 'decisions', '25')
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.waitForSelector('body[data-connection="paused"]')
    await fed.runJobs(5)
    // Two more states went to everybody.
    const other = await eventsOf(served.origin)
    for (let i = 0; i < 3; i++) await other.next()
    other.close()
    expect(await page.locator('#total-decisions').textContent()).toBe('25')
    await page.getByRole('button', { name: 'Pause' }).click()
    await shows(page, 'decisions', '30')
  })

  it.each(['light', 'dark'] as const)(
    'gives axe nothing serious to find in the %s theme, empty, full, and with a decision open',
    async (colorScheme) => {
      const page = await open({ colorScheme, reducedMotion: 'reduce' })
      expect(await seriousViolations(page)).toEqual([])
      await withJobs(60)
      await shows(page, 'decisions', '60')
      expect(await seriousViolations(page)).toEqual([])
      await page.locator('#decisions tbody button').first().click()
      await page.waitForSelector('#scores')
      expect(await seriousViolations(page)).toEqual([])
      expect(complaints).toEqual([])
    }
  )

  it('opens a decision with the keyboard, shows every score, and gives the focus back', async () => {
    await withJobs(40)
    const page = await open()
    const button = page.locator('#decisions tbody button').nth(2)
    await button.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.locator('#scores').waitFor()
    const { policy } = fed.selection
    const heads = await dialog.locator('#scores thead th').allTextContents()
    expect(heads).toEqual(['Candidate', ...policy.arms])
    expect(await dialog.locator('#scores tbody tr').count()).toBe(fed.members.length)
    expect(await dialog.locator('#scores tbody td .star').count()).toBe(policy.arms.length)
    expect(await dialog.locator('#scores tbody td').allTextContents()).not.toContain('–')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe(await button.getAttribute('aria-label'))
  })

  it('sorts the peers with the keyboard', async () => {
    await withJobs(120)
    const page = await open()
    const names = () => page.locator('#peers tbody .name').allTextContents()
    const byName = await names()
    expect(byName).toEqual([...byName].sort())
    await page.getByRole('button', { name: 'Claimed tok/s' }).focus()
    await page.keyboard.press('Enter')
    expect((await names()).slice(0, 2)).toEqual(['riga-4090', 'oslo-a100'])
    expect(await page.locator('#peers th[aria-sort="descending"]').textContent()).toBe('Claimed tok/s')
    await page.keyboard.press('Space')
    expect((await names())[0]).toBe('porto-3060')
  })

  it('shows what is believed for the class that is chosen', async () => {
    await withJobs(80)
    const page = await open()
    const mean = () => page.locator('#arms tr[data-arm="predictive"] td').nth(1).textContent()
    for (const { workloadClass, arms } of served.page.state().classes) {
      await page.getByRole('radio', { name: workloadClass }).check({ force: true })
      expect(await mean()).toBe(arms.find(({ arm }) => arm === 'predictive')!.mean!.toFixed(2))
    }
  })

  it('says that the connection is lost, and goes on when the server is back', async () => {
    await withJobs(10)
    const page = await open()
    await served.stop()
    await page.waitForSelector('body[data-connection="lost"]')
    expect(await page.getByRole('status').textContent()).toBe('Connection lost, trying again')
    await fed.runJobs(3)
    served = await serve(fed, { timers: systemClock, intervalMs: INTERVAL_MS, port: served.port })
    await connected(page)
    await shows(page, 'decisions', '13')
  })

  it('keeps the theme that was chosen', async () => {
    const page = await open({ colorScheme: 'light' })
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const light = await background()
    await page.getByRole('button', { name: /theme/ }).click()
    const dark = await background()
    expect(dark).not.toBe(light)
    await page.reload()
    await connected(page)
    expect(await background()).toBe(dark)
  })

  it.each([360, 768, 1280, 1920])('fits windows %i px wide', async (width) => {
    await withJobs(60)
    const page = await open({ viewport: { width, height: 800 } })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    const ends = await page.evaluate<number[]>(
      '[...document.querySelectorAll(".plot")].map((plot) => plot.getBoundingClientRect().right)'
    )
    for (const end of ends) expect(end).toBeLessThanOrEqual(width)
  })

  it('shows what peers say of themselves as text', async () => {
    fed.meet()
    const gpuModel = '<img src=x onerror=alert(1)>'
    const claims = { models: ['<script>'], gpuModel, vramGb: 1, tokensPerSecond: 1, loadRatio: 0 }
    fed.selection.table.observe(fed.members[0], { kind: 'claims', claims }, fed.clock.wall())
    const page = await open()
    expect(await page.locator(`#peers tr[data-peer="${fed.members[0]}"] .hardware span`).textContent()).toBe(gpuModel)
    expect(await page.locator('main img').count()).toBe(0)
    expect(complaints).toEqual([])
  })
})
