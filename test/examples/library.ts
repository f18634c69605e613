import { createSelection, explain, systemClock } from 'peerbandit'

const { selector, table } = createSelection()
table.observe('gpu-1', { kind: 'ping', rttMs: 12.5 }, systemClock.wall())
table.observe('gpu-2', { kind: 'ping', rttMs: 48.1 }, systemClock.wall())

/** Runs one request on whichever of the two machines is expected to be best, and learns from what came of it. */
export async function ask(prompt: string, send: (peer: string, prompt: string) => Promise<string[]>) {
  const request = { id: crypto.randomUUID(), model: 'llama3.1:8b', promptTokens: prompt.length / 4, expectedOutputTokens: 200 }
  const lease = selector.acquire(['gpu-1', 'gpu-2'], { ...request, workloadClass: 'interactive', deadlineMs: 60_000 })
  try {
    const tokens = await send(lease.peer, prompt)
    await lease.complete({ outputTokens: tokens.length })
    return { tokens, why: explain(lease.decision) }
  } finally {
    lease[Symbol.dispose]() // a lease that did not complete has failed
  }
}
