"""Small files as people upload them."""

import io

import docx


def pdf_of(*lines, title=""):
    """A PDF with one page for each line."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for line in lines:
        stream = f"BT /F1 12 Tf 72 720 Td ({line}) Tj ET"
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects) + 2} 0 R "
            "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    objects.append(f"<< /Title ({title}) >>")
    out, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{one}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    begins = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    size, info = len(objects) + 1, len(objects)
    return (
        out + f"trailer << /Size {size} /Root 1 0 R /Info {info} 0 R >>\nstartxref\n{begins}\n%%EOF".encode()
    )


def docx_of():
    document = docx.Document()
    document.core_properties.title = "Guide"
    document.add_heading("Returns", 1)
    document.add_paragraph("Within 30 days.")
    document.add_paragraph("filters", style="List Bullet")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "A", "B"
    saved = io.BytesIO()
    document.save(saved)
    return saved.getvalue()
