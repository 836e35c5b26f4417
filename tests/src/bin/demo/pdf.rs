//! A deed to show: a valid PDF of several megabytes, the same every time.

/// The seal's size in pixels, one byte each: most of the file.
const SEAL: (usize, usize) = (2_000, 2_400);

/// What the deed says, page by page.
const PAGES: [(&str, &[&str]); 2] = [
    (
        "Deed of Sale",
        &[
            "between Alice, of the one part, and the bearer of the token that this",
            "document is committed to, of the other part.",
            "",
            "1. The house with its garden, as entered in the register under the number",
            "   of this deed, passes to whoever holds the token.",
            "2. The price is paid in one sum, at the very moment in which the token",
            "   changes hands: neither without the other.",
            "3. The text of this deed stays between the parties. The public register",
            "   holds its commitment, and nothing of what it says.",
        ],
    ),
    ("Seal", &["The seal below is part of the deed, down to its last bit."]),
];

/// The file.
pub(crate) fn deed() -> Vec<u8> {
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Count 2 /Kids [6 0 R 7 0 R] >>".to_vec(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>".to_vec(),
    ];
    objects.extend(PAGES.iter().enumerate().map(|(page, (title, lines))| text(page, title, lines)));
    objects.extend((0..PAGES.len()).map(page));
    objects.push(seal());
    file(&objects)
}

/// A page: its content is three objects above its own number's place among the pages.
fn page(page: usize) -> Vec<u8> {
    let content = page + 4;
    format!(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {content} 0 R \
         /Resources << /Font << /F1 3 0 R >> /XObject << /Seal 8 0 R >> >> >>"
    )
    .into_bytes()
}

fn text(page: usize, title: &str, lines: &[&str]) -> Vec<u8> {
    let mut content = format!("BT /F1 28 Tf 72 740 Td ({title}) Tj /F1 13 Tf 18 TL 0 -30 Td\n");
    for line in lines {
        content += &format!("T* ({line}) Tj\n");
    }
    content += "ET\n";
    if page == 1 {
        content += "q 350 0 0 420 122 200 cm /Seal Do Q\n";
    }
    stream(String::new(), content.as_bytes())
}

/// Fine lines that meet in circles, as on banknotes.
fn seal() -> Vec<u8> {
    let (width, height) = SEAL;
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let (dx, dy) = (x.abs_diff(width / 2), y.abs_diff(height / 2));
            let wave = (dx * dx + dy * dy) / 160 + (dx * dy) / 240;
            pixels.push(u8::try_from(wave % 256).unwrap_or_default());
        }
    }
    let about = format!(
        "/Type /XObject /Subtype /Image /Width {width} /Height {height} \
         /ColorSpace /DeviceGray /BitsPerComponent 8 "
    );
    stream(about, &pixels)
}

fn stream(about: String, bytes: &[u8]) -> Vec<u8> {
    let head = format!("<< {about}/Length {} >>\nstream\n", bytes.len());
    [head.as_bytes(), bytes, b"\nendstream"].concat()
}

/// Numbers the objects, and ends with the table of where each of them starts.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", file.len());
        file.extend(format!("{} 0 obj\n", number + 1).as_bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let start = file.len();
    let size = objects.len() + 1;
    table += &format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    file.extend(table.as_bytes());
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_is_where_the_table_says() {
        let file = deed();
        assert!(file.len() > 4_000_000 && file == deed());
        let tail = String::from_utf8_lossy(file.rsplit(|byte| *byte == 0).next().unwrap()).into_owned();
        let start: usize = tail.lines().rev().nth(1).unwrap().parse().unwrap();
        let table = String::from_utf8(file[start..].to_vec()).unwrap();
        let entries: Vec<_> = table.lines().filter(|line| line.ends_with(" 00000 n ")).collect();
        assert_eq!(entries.len(), 8);
        for (number, entry) in entries.iter().enumerate() {
            let at: usize = entry[..10].parse().unwrap();
            assert!(file[at..].starts_with(format!("{} 0 obj\n", number + 1).as_bytes()));
        }
    }
}
