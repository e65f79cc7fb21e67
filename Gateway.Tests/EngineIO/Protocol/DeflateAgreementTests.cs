using Gateway.EngineIO.Protocol;

namespace Gateway.Tests.EngineIO.Protocol;

public class DeflateAgreementTests
{
    private const string Plain = "permessage-deflate; client_no_context_takeover";

    [Theory]
    [InlineData("permessage-deflate", Plain)]
    [InlineData("permessage-deflate; client_max_window_bits", Plain)]
    [InlineData("Permessage-Deflate;client_max_window_bits=10", Plain + "; client_max_window_bits=10")]
    [InlineData("permessage-deflate; client_no_context_takeover", Plain)]
    [InlineData("permessage-deflate; server_no_context_takeover", Plain + "; server_no_context_takeover")]
    [InlineData("permessage-deflate; server_max_window_bits=15", Plain + "; server_max_window_bits=15")]
    [InlineData(" permessage-deflate ; server_max_window_bits = \"9\" ;client_max_window_bits ", Plain + "; server_max_window_bits=9")]
    [InlineData(
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=12",
        Plain + "; server_no_context_takeover; server_max_window_bits=12")]
    [InlineData("x-webkit-deflate-frame, permessage-deflate", Plain)]
    [InlineData("permessage-deflate; server_max_window_bits=7, permessage-deflate", Plain)]
    [InlineData("permessage-deflate; new_parameter=1, permessage-deflate; server_no_context_takeover", Plain + "; server_no_context_takeover")]
    public void Find_AnOfferThatCanBeKept_AnswersTheFirst(string offers, string answer) =>
        DeflateAgreement.Find(offers)?.Answer.Should().Be(answer);

    [Theory]
    [InlineData("")]
    [InlineData(",;,=")]
    [InlineData("permessage-deflated")]
    [InlineData("permessage-bzip2")]
    [InlineData("permessage-deflate; unknown")]
    [InlineData("permessage-deflate; server_max_window_bits")]
    [InlineData("permessage-deflate; server_max_window_bits=16")]
    [InlineData("permessage-deflate; server_max_window_bits=08")]
    [InlineData("permessage-deflate; server_max_window_bits=")]
    [InlineData("permessage-deflate; client_max_window_bits=99999999999")]
    [InlineData("permessage-deflate; client_max_window_bits; client_max_window_bits")]
    [InlineData("permessage-deflate; server_no_context_takeover=1")]
    [InlineData("permessage-deflate; client_no_context_takeover=\"\"")]
    [InlineData("permessage-deflate;")]
    public void Find_NoOfferThatCanBeKept_IsNone(string offers) => DeflateAgreement.Find(offers).Should().BeNull();

    [Theory]
    [InlineData("permessage-deflate", true, int.MaxValue)]
    [InlineData("permessage-deflate; server_max_window_bits=15", true, int.MaxValue)]
    [InlineData("permessage-deflate; server_no_context_takeover", false, int.MaxValue)]
    [InlineData("permessage-deflate; server_max_window_bits=9", false, 512)]
    public void Find_WindowOfTheClient_BoundsWhatAMessageRefersTo(string offer, bool takesOver, int largest)
    {
        var agreement = DeflateAgreement.Find(offer);

        agreement!.TakesOver.Should().Be(takesOver);
        agreement.LargestMessage.Should().Be(largest);
    }
}
