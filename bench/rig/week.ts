/** True from 09:30 to 16:00 in New York (winter) on Monday to Friday. @param minute Since 1970, in UTC. */
export function isSessionMinute(minute: number): boolean {
  const local = minute - 300;
  // 1970-01-01 was a Thursday.
  const day = (Math.floor(local / 1_440) + 4) % 7;
  const clock = local % 1_440;
  return day >= 1 && day <= 5 && clock >= 570 && clock < 960;
}
