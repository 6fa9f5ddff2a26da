//! Log-log charts as SVG: lines over powers of two, decades on the other axis.

use std::fmt::Write;

/// One line.
pub struct Series {
    /// What the legend says.
    pub name: &'static str,
    /// `(log2 x, y)`, `y` positive.
    pub points: Vec<(usize, f64)>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 190.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// Told apart also by those who see red and green alike (Okabe and Ito).
const COLORS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// Where things lie on the paper.
struct Axes {
    logs: (usize, usize),
    decades: (i32, i32),
}

impl Axes {
    fn around(series: &[Series]) -> Option<Self> {
        let points = || series.iter().flat_map(|series| &series.points);
        let (low, high) = (points().map(|(log, _)| *log).min()?, points().map(|(log, _)| *log).max()?);
        let decade = |y: f64| y.log10();
        let least = points().map(|(_, y)| decade(*y)).fold(f64::INFINITY, f64::min);
        let most = points().map(|(_, y)| decade(*y)).fold(f64::NEG_INFINITY, f64::max);
        let bottom = least.floor() as i32;
        Some(Self { logs: (low, high.max(low + 1)), decades: (bottom, (most.ceil() as i32).max(bottom + 1)) })
    }

    fn x(&self, log: usize) -> f64 {
        let (low, high) = self.logs;
        LEFT + (WIDTH - LEFT - RIGHT) * (log - low) as f64 / (high - low) as f64
    }

    fn y(&self, value: f64) -> f64 {
        let (bottom, top) = (f64::from(self.decades.0), f64::from(self.decades.1));
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value.log10() - bottom) / (top - bottom)
    }
}

/// The chart; `None` without a point.
pub fn draw(title: &str, x_label: &str, series: &[Series]) -> Option<String> {
    let axes = Axes::around(series)?;
    let mut svg = String::new();
    let mut put = |text: String| {
        let _ = writeln!(svg, "{text}"); // writing to a string does not fail
    };
    put(format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">"#
    ));
    put(format!(r#"<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>"#));
    put(format!(r#"<text x="{LEFT}" y="24" font-size="15">{title}</text>"#));
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    for log in axes.logs.0..=axes.logs.1 {
        let x = axes.x(log);
        put(format!(r##"<path d="M{x:.1} {TOP}V{bottom}" stroke="#ddd"/>"##));
        let superscript = format!(r#"<tspan dy="-5" font-size="9">{log}</tspan>"#);
        put(format!(r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">2{superscript}</text>"#, bottom + 20.0));
    }
    for decade in axes.decades.0..=axes.decades.1 {
        let y = axes.y(10f64.powi(decade));
        put(format!(r##"<path d="M{LEFT} {y:.1}H{right}" stroke="#ddd"/>"##));
        put(format!(
            r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
            LEFT - 8.0,
            y + 4.0,
            power_of_ten(decade)
        ));
    }
    put(format!(
        r#"<text x="{:.1}" y="{:.1}" text-anchor="middle">{x_label}</text>"#,
        (LEFT + right) / 2.0,
        HEIGHT - 8.0
    ));
    for (index, (series, color)) in series.iter().zip(COLORS.iter().cycle()).enumerate() {
        let place = |(log, value): &(usize, f64)| format!("{:.1},{:.1}", axes.x(*log), axes.y(*value));
        let places: Vec<String> = series.points.iter().map(place).collect();
        put(format!(r#"<polyline points="{}" fill="none" stroke="{color}" stroke-width="2"/>"#, places.join(" ")));
        for (log, value) in &series.points {
            put(format!(r#"<circle cx="{:.1}" cy="{:.1}" r="3" fill="{color}"/>"#, axes.x(*log), axes.y(*value)));
        }
        let y = TOP + 12.0 + 20.0 * index as f64;
        put(format!(r#"<path d="M{:.1} {:.1}h20" stroke="{color}" stroke-width="2"/>"#, right + 14.0, y - 4.0));
        put(format!(r#"<text x="{:.1}" y="{y:.1}">{}</text>"#, right + 40.0, series.name));
    }
    put("</svg>".to_owned());
    Some(svg)
}

/// `0.01` to `1000` written out, everything else as a power.
fn power_of_ten(decade: i32) -> String {
    match decade {
        -2..0 => format!("{:.*}", decade.unsigned_abs() as usize, 10f64.powi(decade)),
        0..=3 => format!("{:.0}", 10f64.powi(decade)),
        _ => format!(r#"10<tspan dy="-5" font-size="9">{decade}</tspan>"#),
    }
}
