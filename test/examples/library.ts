import { createSelection, explain } from 'peerbandit'

const { selector, table } = createSelection({}, { policy: 'thompson' })
table.observe('gpu-1', { kind: 'ping', rttMs: 12.5 }, Date.now())
table.observe('gpu-2', { kind: 'ping', rttMs: 48.1 }, Date.now())

export async function ask(prompt: string, run: (peer: string, prompt: string) => Promise<string>): Promise<string> {
  const job = {
    id: crypto.randomUUID(),
    model: 'llama3.1:8b',
    workloadClass: 'interactive',
    promptTokens: prompt.length / 4,
    expectedOutputTokens: 200,
    deadlineMs: 60_000
  }
  const lease = selector.acquire(['gpu-1', 'gpu-2'], job)
  console.log(explain(lease.decision).join('\n'))
  const answer = await run(lease.peer, prompt).catch(async (error: unknown) => {
    await lease.fail('unreachable')
    throw error
  })
  await lease.complete({ outputTokens: answer.length / 4 })
  return answer
}
