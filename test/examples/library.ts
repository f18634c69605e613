import { createSelection, explain, systemClock } from 'peerbandit'

const { selector, table } = createSelection()
for (const peer of ['gpu-1', 'gpu-2']) table.observe(peer, { kind: 'connected' }, systemClock.wall())

export async function ask(prompt: string, send: (peer: string, prompt: string) => Promise<string[]>) {
  const request = { id: crypto.randomUUID(), model: 'llama3.1:8b', promptTokens: prompt.length / 4, expectedOutputTokens: 200 }
  const lease = selector.acquire(['gpu-1', 'gpu-2'], { ...request, workloadClass: 'interactive', deadlineMs: 60_000 })
  const tokens = await send(lease.peer, prompt).catch(async (error: unknown) => {
    await lease.fail('unreachable')
    throw error
  })
  await lease.complete({ outputTokens: tokens.length })
  return { tokens, why: explain(lease.decision) }
}
