import { useI18n } from 'vue-i18n'
import { cronWords } from '@/domain/cron'

// A schedule as people say it, in the reader's language; as it is where there are no words.
export function useCronText() {
  const { t, locale } = useI18n()

  // 2023-01-01 was a Sunday.
  const dayName = (weekday: number) =>
    new Intl.DateTimeFormat(locale.value === 'zh' ? 'zh-CN' : 'en-GB', { weekday: 'short', timeZone: 'UTC' }).format(new Date(Date.UTC(2023, 0, 1 + weekday)))

  function cronText(schedule: string): string {
    const { key, weekdays, minute, ...rest } = cronWords(schedule)
    if (key === 'other') return schedule
    return t(`tasks.cron.${key}`, { ...rest, minute: String(minute).padStart(2, '0'), days: weekdays.map(dayName).join(t('tasks.cron.comma')) })
  }

  return { cronText }
}
