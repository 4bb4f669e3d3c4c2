/** The forms in which a forecast can be written. */
export const FORECAST_FORMS = ['table', 'json', 'yaml', 'markdown', 'html'] as const;
export type ForecastForm = (typeof FORECAST_FORMS)[number];
