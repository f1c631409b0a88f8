using Intotes.Chat.Features;
using Intotes.Chat.Features.Sessions;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>Names that read as those of the product and its staff, in whatever letters; and those of people, which do not.</summary>
public sealed class ReservedNamesTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Support")]
    [InlineData("ꓢꓴꓑꓑꓳꓣꓔ")] // Lisu
    [InlineData("ꓮꓓꓟꓲꓠ")]
    [InlineData("ꓢꓬꓢꓔꓰꓟ")]
    [InlineData("ꮪupport")] // Cherokee, small
    [InlineData("ᏚUᏢᏢOᎡᎢ")] // Cherokee
    [InlineData("Ꭵntotes")]
    [InlineData("Տupport")] // Armenian
    [InlineData("տupport")]
    [InlineData("Sսpport")]
    [InlineData("Ꞩupport")] // Latin with a stroke
    [InlineData("Suꝑport")]
    [InlineData("Øperator")]
    [InlineData("Suppoⲅt")] // Coptic
    [InlineData("ⲟperator")]
    [InlineData("ዐperator")] // Ethiopic
    [InlineData("〇perator")]
    [InlineData("ἰntotes")] // Greek of many accents
    [InlineData("Ἰntotes")]
    [InlineData("ᾈdmin")]
    [InlineData("Sὖpport")]
    [InlineData("Αdmin")] // Greek
    [InlineData("Ѕuрроrt")] // Cyrillic
    [InlineData("Орегаtor")]
    [InlineData("Аdмin")]
    [InlineData("АDМIИ")]
    [InlineData("Opeяator")]
    [InlineData("ΛDMIN")]
    [InlineData("Δdmin")]
    [InlineData("∆DMIN")]
    [InlineData("𝚫dmin")]
    [InlineData("ᗪɑᏆ Admin")]
    [InlineData("ᗅᗪMIN")] // Canadian syllabics
    [InlineData("𐊖upport")] // Lycian, Carian
    [InlineData("𝐒𝐮𝐩𝐩𝐨𝐫𝐭")] // mathematical
    [InlineData("𝒜𝒹𝓂𝒾𝓃")]
    [InlineData("𝕊𝕪𝕤𝕥𝕖𝕞")]
    [InlineData("𝛢dmin")]
    [InlineData("Ｓｕｐｐｏｒｔ")] // full width
    [InlineData("ꜱᴜᴘᴘᴏʀᴛ")] // small capitals
    [InlineData("ᴬᵈᵐⁱⁿ")]
    [InlineData("Ⓢⓤⓟⓟⓞⓡⓣ")]
    [InlineData("🅂🅄🄿🄿🄾🅁🅃")]
    [InlineData("🅐🅓🅜🅘🅝")]
    [InlineData("🇦🇩🇲🇮🇳")]
    [InlineData("Ⅿoderator")] // a Roman numeral
    [InlineData("Suppport")] // held down
    [InlineData("SSSSupport")]
    [InlineData("Supporttt")]
    [InlineData("Suport")]
    [InlineData("Addmin")]
    [InlineData("Sup-ppp-ort")]
    [InlineData("S u p p o r t")]
    [InlineData("S.u.p.p.o.r.t")]
    [InlineData("S̸u̸p̸p̸o̸r̸t̸")] // marks
    [InlineData("Suppo\u0307rt")]
    [InlineData("Sup\u200Bport")]
    [InlineData("Sup\uFE0Fport")]
    [InlineData("Sup\u093Eport")] // a vowel of Devanagari has no place there
    [InlineData("5upp0rt")]
    [InlineData("$upport")]
    [InlineData("@dmin")]
    [InlineData("Əperator Operator")]
    [InlineData("Opəratoɾ")]
    [InlineData("lntotes")]
    [InlineData("|ntotes")]
    [InlineData("Intotes Support")]
    [InlineData("IntotesHelpdesk")]
    [InlineData("Helpdesk")]
    [InlineData("help desk")]
    [InlineData("Help-Desk 24")]
    [InlineData("Agent")]
    [InlineData("Agent Smith")]
    [InlineData("Customer Service")]
    [InlineData("customer support")]
    [InlineData("Live Support")]
    [InlineData("Service desk")]
    [InlineData("Supervisor")]
    [InlineData("The Supervisor")]
    [InlineData("Chat-Supervisors")]
    [InlineData("Staff")]
    [InlineData("Staff member 7")]
    [InlineData("Ѕtаff")]
    [InlineData("S.t.a.f.f")]
    [InlineData("Verified")]
    [InlineData("Ann (verified)")]
    public async Task A_name_that_reads_as_staff_is_refused(string name) => Assert.True(await Names().CoverAsync(name, Ct), name);

    [Theory]
    [InlineData("Ann")]
    [InlineData("Anna-Lena Müller")]
    [InlineData("Otto Schaaff")]
    [InlineData("Sadmina Begić")]
    [InlineData("Samin Osystem")]
    [InlineData("Porter Supple")]
    [InlineData("Deskins Helper")]
    [InlineData("Carey Customer")]
    [InlineData("Agenta Opera")]
    [InlineData("Nguyễn Thị Hồng")]
    [InlineData("Þórður Ægisson")]
    [InlineData("Łukasz Żółć")]
    [InlineData("Γιώργος Παπαδόπουλος")]
    [InlineData("Δημήτρης Διαμαντής")]
    [InlineData("Staf Coppens")] // a given name of Flanders
    [InlineData("Joan Stafford")]
    [InlineData("Jan Bot")]
    [InlineData("Vera Field")]
    [InlineData("Ἀριστοτέλης")]
    [InlineData("Александр Сергеевич Пушкин")]
    [InlineData("Зоя Космодемьянская")]
    [InlineData("Ольга Ким")]
    [InlineData("Արամ Խաչատրյան")]
    [InlineData("ნინო ანანიაშვილი")]
    [InlineData("ᏍᏏᏉᏯ")]
    [InlineData("ꮝꮟꮙꮿ")]
    [InlineData("ꓡꓲ-ꓢꓴ ꓮꓠꓬꓲ")]
    [InlineData("Ⲁⲃⲃⲁ Ⲡⲁⲩⲗⲟⲥ")]
    [InlineData("ተወልደ ኃይለ")]
    [InlineData("محمد عبد الله")]
    [InlineData("اه")]
    [InlineData("יוסף כהן")]
    [InlineData("सुनीता शर्मा")]
    [InlineData("தமிழ்ச்செல்வி")]
    [InlineData("สมชาย ใจดี")]
    [InlineData("ආනන්ද")]
    [InlineData("王小明")]
    [InlineData("さくら 山田")]
    [InlineData("김민수")]
    [InlineData("ᐊᓂ ᐱᑕ")]
    [InlineData("ⵎⵓⵃⴰ")]
    [InlineData("J. R. R. T.")]
    [InlineData("A A A")]
    public async Task People_are_called_what_they_are_called(string name) => Assert.False(await Names().CoverAsync(name, Ct), name);

    [Fact]
    public async Task A_short_name_is_not_taken_for_one_letter_of_it()
    {
        var names = Names("AAA", "Ooo");

        Assert.True(await names.CoverAsync("ΑΑΑ", Ct));
        Assert.False(await names.CoverAsync("A Person", Ct));
    }

    [Fact]
    public void Names_of_people_are_told_apart_by_doubled_letters_and_by_vowels_of_any_script()
    {
        Assert.NotEqual(LookAlikes.Words("Ana"), LookAlikes.Words("Anna"));
        Assert.Equal(LookAlikes.Words("Anna"), LookAlikes.Words("Аnnnnа"));
        Assert.NotEqual(LookAlikes.Words("राम"), LookAlikes.Words("रीमा"));
        Assert.NotEqual(LookAlikes.Words("สมชาย"), LookAlikes.Words("สมชีย"));
        Assert.Equal(LookAlikes.Words("ÉMILE"), LookAlikes.Words("emile"));
        Assert.Equal(LookAlikes.Words("ΆΝΝΑ"), LookAlikes.Words("Ἄννα"[..1] + "ΝΝΑ"));
    }

    private static ReservedNames Names(params string[] reserved) =>
        new(null!, Options.Create(new ChatOptions { ReservedNames = reserved.Length > 0 ? reserved : null, ReserveOperatorNames = false }), TimeProvider.System);
}
