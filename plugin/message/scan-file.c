/* SPDX-License-Identifier: Apache-2.0 */
#include "message/scan-file.h"

#include "base/text.h"

#include <gio/gio.h>
#include <string.h>

#define TYPE_MAX_BYTES 100
#define NAME_MAX_BYTES 180 /* with an extension it fits into every file system */
#define UNKNOWN_TYPE "application/octet-stream"
#define HARMLESS_EXTENSION "bin"

/* The first extension is the one that is given; the others are fine where they are. */
static const struct {
    const char *type;
    const char *extensions;
} kinds[] = {
    {"application/pdf", "pdf"},
    {"image/jpeg", "jpg jpeg jpe jfif"},
    {"image/png", "png"},
    {"image/tiff", "tif tiff"},
    {"image/gif", "gif"},
    {"image/bmp", "bmp dib"},
    {"image/webp", "webp"},
    {"image/svg+xml", "svg svgz"},
    {"image/urf", "urf"},
    {"image/pwg-raster", "pwg ras"},
    {"image/x-portable-anymap", "pnm ppm pgm pbm"},
    {"image/x-portable-bitmap", "pbm pnm"},
    {"image/x-portable-graymap", "pgm pnm"},
    {"image/x-portable-pixmap", "ppm pnm"},
    {"application/postscript", "ps eps"},
    {"application/zip", "zip"},
    {"application/gzip", "gz"},
    {"application/rtf", "rtf"},
    {"text/plain", "txt text log csv md conf"},
    {"text/html", "html htm"},
    {"text/csv", "csv"},
    {"application/xml", "xml"},
    {"text/xml", "xml"},
    {"application/json", "json"},
};

/* What a double click runs, on whatever system, or unpacks and shows as a folder of such. A name
 * that ends so is no document's. */
static const char executables[] =
    "action ade adp apk app appimage application appref-ms appx appxbundle asp aspx "
    "bash bat btm cab cer cgi chm cmd cnt com command cpl crt csh dash deb der desktop diagcab "
    "dll dmg drv elf exe fish flatpakref fxp gadget grp hlp hpj hta htc img inf ins iso isp its "
    "jar jnlp js jse jsx ksh library-ms lnk lua mad mde mht mhtml mjs msc msh msh1 msh2 mshxml msi "
    "msix msp mst ocx ops out osd pcd php php3 phar pif pkg pl plg prf prg printerexport ps1 "
    "ps1xml ps2 ps2xml psc1 psc2 psd1 psdm1 psm1 pssc py pyc pyo pyw pyz rb reg rpm run scf scr "
    "sct search-ms searchconnector-ms settingcontent-ms sh shb shs snap so sys theme udl "
    "url vb vbe vbp vbs vhd vhdx vsmacros vxd wasm webpnp website workflow ws wsc wsf wsh xbap "
    "xll xnk zsh";

/* The same of media types: the beginnings of such */
static const char *const executable_types[] = {
    "application/bat",
    "application/ecmascript",
    "application/hta",
    "application/java",
    "application/vnd.appimage",
    "application/vnd.debian.binary-package",
    "application/vnd.microsoft.portable-executable",
    "application/vnd.ms-htmlhelp",
    "application/vnd.ms-cab-compressed",
    "application/wasm",
    "application/x-apple-diskimage",
    "application/x-bat",
    "application/x-csh",
    "application/x-deb",
    "application/x-desktop",
    "application/x-dosexec",
    "application/x-elf",
    "application/x-executable",
    "application/x-iso9660",
    "application/x-java",
    "application/x-mach-binary",
    "application/x-mozilla-win-url",
    "application/x-mswinurl",
    "application/x-ms-",
    "application/x-msdos",
    "application/x-msdownload",
    "application/x-msi",
    "application/x-perl",
    "application/x-php",
    "application/x-pie-executable",
    "application/x-powershell",
    "application/x-python",
    "application/x-rpm",
    "application/x-ruby",
    "application/x-sh",
    "application/x-vbscript",
    "application/x-windows-",
    "text/ecmascript",
    "text/javascript",
    "text/vbscript",
    "text/x-csh",
    "text/x-javascript",
    "text/x-lua",
    "text/x-perl",
    "text/x-powershell",
    "text/x-python",
    "text/x-ruby",
    "text/x-script",
    "text/x-sh",
    "text/x-vbscript",
};

static gboolean
is_executable_type(const char *type)
{
    for (guint i = 0; i < G_N_ELEMENTS(executable_types); i++)
        if (g_ascii_strncasecmp(type, executable_types[i], strlen(executable_types[i])) == 0)
            return TRUE;
    return FALSE;
}

/* RFC 2045 5.1 */
static gsize
token_length(const char *text)
{
    return strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "!#$&^_.+-");
}

static gboolean
is_type(const char *text)
{
    gsize first = token_length(text);
    if (first == 0 || text[first] != '/' || strlen(text) > TYPE_MAX_BYTES)
        return FALSE;
    gsize second = token_length(text + first + 1);
    return second > 0 && text[first + 1 + second] == '\0';
}

/* What CUPS calls data of its own, or data that it does not know */
static gboolean
says_something(const char *type)
{
    return is_type(type) && g_ascii_strcasecmp(type, UNKNOWN_TYPE) != 0 &&
           g_ascii_strncasecmp(type, "printer/", 8) != 0 &&
           g_ascii_strncasecmp(type, "application/vnd.cups-", 21) != 0 &&
           g_ascii_strncasecmp(type, "multipart/", 10) != 0 &&
           g_ascii_strncasecmp(type, "message/", 8) != 0;
}

/* What is scanned most, known also where no MIME database is installed */
static const char *
recognise(const guint8 *start, gsize size)
{
    static const struct {
        const char *magic;
        gsize length;
        const char *type;
    } known[] = {
        {"%PDF-", 5, "application/pdf"},
        {"\xff\xd8\xff", 3, "image/jpeg"},
        {"\x89PNG\r\n\x1a\n", 8, "image/png"},
        {"II*\0", 4, "image/tiff"},
        {"MM\0*", 4, "image/tiff"},
        {"%!PS", 4, "application/postscript"},
        {"GIF8", 4, "image/gif"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(known); i++)
        if (size >= known[i].length && memcmp(start, known[i].magic, known[i].length) == 0)
            return known[i].type;
    return NULL;
}

static char *
guess(const guint8 *start, gsize size)
{
    const char *known = recognise(start, size);
    if (known != NULL)
        return g_strdup(known);
    gboolean uncertain = FALSE;
    g_autofree char *content = g_content_type_guess(NULL, start, size, &uncertain);
    g_autofree char *mime = content != NULL ? g_content_type_get_mime_type(content) : NULL;
    return mime != NULL && says_something(mime) ? g_steal_pointer(&mime) : g_strdup(UNKNOWN_TYPE);
}

/* The last character may be cut. */
static gboolean
is_utf8(const guint8 *start, gsize size)
{
    const char *end = NULL;
    if (memchr(start, '\0', size) != NULL)
        return FALSE;
    return g_utf8_validate((const char *)start, (gssize)size, &end) ||
           (size == SPOC_SCAN_START_BYTES && (const char *)start + size - end < 4);
}

char *
spoc_scan_content_type(const char *declared, const guint8 *start, gsize size)
{
    g_autofree char *type = declared != NULL && says_something(declared)
                                ? g_ascii_strdown(declared, -1)
                                : guess(start, size);
    if (is_executable_type(type))
        return g_strdup(UNKNOWN_TYPE);
    if (g_str_has_prefix(type, "text/") && size > 0 && is_utf8(start, size))
        return g_strconcat(type, "; charset=utf-8", NULL);
    return g_steal_pointer(&type);
}

/* (nullable): "pdf jpg" of a type */
static const char *
extensions_of(const char *content_type)
{
    gsize length = strcspn(content_type, ";");
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strlen(kinds[i].type) == length &&
            g_ascii_strncasecmp(kinds[i].type, content_type, length) == 0)
            return kinds[i].extensions;
    return NULL;
}

static gboolean
is_listed(const char *extensions, const char *extension)
{
    g_auto(GStrv) list = g_strsplit(extensions, " ", -1);
    for (guint i = 0; list[i] != NULL; i++)
        if (g_ascii_strcasecmp(list[i], extension) == 0)
            return TRUE;
    return FALSE;
}

/* Whether what stands behind a name's last dot is what a document was called before it was
 * converted: "letter.odt" that is a PDF now */
static gboolean
is_other_extension(const char *extension)
{
    static const char others[] = "doc docx docm odt ods odp odg rtf xls xlsx xlsm ppt pptx";
    if (is_listed(others, extension))
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (is_listed(kinds[i].extensions, extension))
            return TRUE;
    return FALSE;
}

/* What no file system has in a name becomes "_"; a leading dot would hide the file. */
static char *
make_safe(const char *wanted)
{
    g_autofree char *line = spoc_text_line(wanted, -1, NAME_MAX_BYTES);
    g_strdelimit(line, "/\\:*?\"<>|", '_');
    char *name = g_strdup(line + strspn(line, ". "));
    for (gsize length = strlen(name);
         length > 0 && (name[length - 1] == '.' || name[length - 1] == ' '); length--)
        name[length - 1] = '\0';
    return name;
}

char *
spoc_scan_filename(const char *wanted, const char *content_type)
{
    g_autofree char *name = make_safe(wanted);
    if (*name == '\0') {
        g_free(name);
        name = g_strdup("scan");
    }
    const char *extensions = extensions_of(content_type);
    char *dot = strrchr(name, '.');
    if (extensions == NULL && dot != NULL && is_listed(executables, dot + 1))
        return g_strconcat(name, ".", HARMLESS_EXTENSION, NULL);
    if (extensions == NULL || (dot != NULL && is_listed(extensions, dot + 1)))
        return g_steal_pointer(&name);
    if (dot != NULL && dot != name && is_other_extension(dot + 1))
        *dot = '\0';
    return g_strdup_printf("%s.%.*s", name, (int)strcspn(extensions, " "), extensions);
}
