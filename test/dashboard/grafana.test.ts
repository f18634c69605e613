import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/** What the metrics are called, and their labels. */
const METRICS: Readonly<Record<string, readonly string[]>> = {
  peerbandit_gateway_requests_total: ['route', 'status', 'class'],
  peerbandit_gateway_request_seconds_bucket: ['le'],
  peerbandit_gateway_first_token_seconds_bucket: ['le'],
  peerbandit_gateway_in_flight: [],
  peerbandit_policy_attempts_total: ['policy', 'outcome'],
  peerbandit_arm_attempts_total: ['arm', 'outcome'],
  peerbandit_peer_attempts_total: ['peer', 'outcome'],
  peerbandit_peer_output_tokens_total: ['peer'],
  peerbandit_decision_seconds_total: [],
  peerbandit_decisions_total: []
}

interface Panel {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}

const path = fileURLToPath(new URL('../../docs/grafana-dashboard.json', import.meta.url))
const dashboard = JSON.parse(await readFile(path, 'utf8')) as { readonly title: string; readonly panels: readonly Panel[] }
const targets = dashboard.panels.flatMap(({ targets = [] }) => targets)

describe('the Grafana dashboard', () => {
  it('asks for every metric there is, and for no other', () => {
    const asked = targets.flatMap(({ expr }) => expr.match(/peerbandit_\w+/g) ?? [])
    expect([...new Set(asked)].sort()).toEqual(Object.keys(METRICS).sort())
  })

  it.each(targets.map(({ expr, legendFormat }) => [expr, legendFormat]))('asks in whole sentences: %s', (expr, legend) => {
    for (const pair of ['()', '{}', '[]']) expect(expr.split(pair[0]).length).toBe(expr.split(pair[1]).length)
    const known = new Set(['job', ...(expr.match(/peerbandit_\w+/g) ?? []).flatMap((metric) => METRICS[metric])])
    const labels = [
      ...[...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, names]) => names.split(',')),
      ...[...expr.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, name]) => name),
      ...[...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name)
    ]
    for (const label of labels) expect([...known]).toContain(label.trim())
  })

  it('has panels that do not cover each other', () => {
    const { panels } = dashboard
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`)
    )
    expect(new Set(cells).size).toBe(cells.length)
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
  })
})
