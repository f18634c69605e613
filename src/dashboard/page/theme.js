// Runs before anything is drawn, so that the page does not flash in the other theme.
try {
  const kept = localStorage.getItem('peerbandit-theme')
  if (kept === 'light' || kept === 'dark') document.documentElement.dataset.theme = kept
} catch {
  // Without storage the system's theme is used.
}
